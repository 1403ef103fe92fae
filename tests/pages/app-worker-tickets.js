/** In a worker: a function that gives a fresh ticket, which the page is asked for. */
export const getTicketFrom = (scope) => () => new Promise((resolve) => {
	scope.addEventListener("message", function hear({ data }) {
		if (!data.ticket)
			return;
		scope.removeEventListener("message", hear);
		resolve(data.ticket);
	});
	scope.postMessage({ wants: "ticket" });
});

/** In the page: answers a worker's wishes for tickets. Gives its result. */
export const serveTickets = (worker, getTicket, task) => new Promise((resolve, reject) => {
	worker.onmessage = async ({ data }) => {
		if (data.wants)
			worker.postMessage({ ticket: await getTicket() });
		else if (data.error)
			reject(new Error(data.error));
		else
			resolve(data.result);
	};
	worker.onerror = (event) => reject(new Error(event.message));
	worker.postMessage(task);
});
