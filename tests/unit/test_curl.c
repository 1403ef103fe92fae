/* server/dialer/curl_abi.def: what it says of libcurl is what libcurl's own headers say. */
#include "../check.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stddef.h>

TEST(each_value_is_the_one_of_libcurls_headers)
{
#define CURL_VALUE(name, value) CHECK_EQ(name, value, #name);
#include "server/dialer/curl_abi.def"
}

TEST(each_type_has_the_layout_of_libcurls_headers)
{
#define CURL_SIZE(type, size) CHECK_EQ(sizeof(type), size, #type);
#define CURL_FIELD(type, field, offset) CHECK_EQ(offsetof(type, field), offset, #type "." #field);
#include "server/dialer/curl_abi.def"
}

TEST(each_function_has_the_parameters_of_libcurls_headers)
{
#define CURL_FUNCTION(gives, name, parameters) \
	CHECK(__builtin_types_compatible_p(__typeof__(curl_##name), gives parameters), "curl_" #name);
#include "server/dialer/curl_abi.def"
}
