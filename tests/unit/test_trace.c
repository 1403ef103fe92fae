#include "../check.h"

#include "server/program/trace.h"

TEST(a_filter_takes_names_and_globs)
{
	CHECK(trace_filter_takes(NULL, "fd_read"));
	CHECK(trace_filter_takes("", "fd_read"));
	CHECK(trace_filter_takes("path_*,fd_read", "fd_read"));
	CHECK(trace_filter_takes("path_*,fd_read", "path_open"));
	CHECK(!trace_filter_takes("path_*,fd_read", "fd_readdir"));
	CHECK(trace_filter_takes("fd_?eek", "fd_seek"));
	CHECK(!trace_filter_takes(",", "fd_read"));
}
