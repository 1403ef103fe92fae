// A net/http server on the first socket that the program was given, as the Go documentation of wasip1 has it: whatever isn't a socket is passed
// over, and nothing sets a flag. Its handler waits until COUNT requests are in flight, so only a server whose goroutines go on while others wait
// answers any.
package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
)

func findListener() (net.Listener, error) {
	for fd := uintptr(3); ; fd++ {
		listener, err := net.FileListener(os.NewFile(fd, ""))
		if err == nil {
			return listener, nil
		}
		var errno syscall.Errno
		if !errors.As(err, &errno) || errno != syscall.ENOTSOCK {
			return nil, err
		}
	}
}

func main() {
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	listener, err := findListener()
	if err != nil {
		panic(err)
	}
	var all, done sync.WaitGroup
	all.Add(count)
	done.Add(count)
	fmt.Println("listening")
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer done.Done()
		all.Done()
		all.Wait()
		w.Header().Set("Connection", "close")
		fmt.Fprint(w, r.URL.Path)
		w.(http.Flusher).Flush()
	}))
	done.Wait()
	fmt.Println("served", count)
}
