# Every block of docs/LANGUAGES.md whose compiler is here, Perl, and Pyodide on a real folder. AssemblyScript, Perl and Pyodide come from npm's registry.
test-languages: all
	@./deps.sh test-browsers languages
	@LANGUAGES="C++ Rust" node --test-reporter=./tests/reporter.js --test tests/languages/languages.test.js tests/languages/perl.test.js tests/languages/pyodide.test.js

.PHONY: test-languages
