/* --net RULE: what is a rule, and what it names. */
#include "server/base/net_rules.h"

#include <string.h>

#include "../check.h"

static struct net_rules rules_of(const char *first, const char *second)
{
	struct net_rules rules = { 0 };
	char problem[300];

	REQUIRE(!net_rules_add(&rules, first, problem, sizeof problem));
	if (second)
		REQUIRE(!net_rules_add(&rules, second, problem, sizeof problem));
	return rules;
}

static bool allows(const struct net_rules *rules, const char *name, const char *address, uint16_t port)
{
	struct net_address of;

	REQUIRE(net_address_read(address, &of));
	return net_rules_allow(rules, NET_TCP, name, &of, port);
}

TEST(a_name_is_that_name_and_its_ports)
{
	struct net_rules rules = rules_of("tcp:db.example.org:5432-5440", NULL);

	CHECK(allows(&rules, "db.example.org", "8.8.8.8", 5432));
	CHECK(allows(&rules, "db.example.org", "8.8.8.8", 5440));
	CHECK(!allows(&rules, "db.example.org", "8.8.8.8", 5441));
	CHECK(!allows(&rules, "db.example.org", "10.0.0.1", 5432));
	CHECK(!allows(&rules, "db.example.org.evil.test", "8.8.8.8", 5432));
	CHECK(!allows(&rules, "xdb.example.org", "8.8.8.8", 5432));
	CHECK(!allows(&rules, NULL, "8.8.8.8", 5432));
	net_rules_clear(&rules);
}

TEST(a_star_is_what_is_below_and_not_the_name_itself)
{
	struct net_rules rules = rules_of("tcp:*.example.org:1-65535", NULL);

	CHECK(allows(&rules, "a.example.org", "8.8.8.8", 1));
	CHECK(allows(&rules, "a.b.example.org", "8.8.8.8", 1));
	CHECK(!allows(&rules, "example.org", "8.8.8.8", 1));
	CHECK(!allows(&rules, "badexample.org", "8.8.8.8", 1));
	net_rules_clear(&rules);
}

TEST(private_addresses_need_private_or_a_rule_of_their_own)
{
	struct net_rules rules = rules_of("tcp:a.test=private:80", "tcp:b.test:80"),
		both = rules_of("tcp:b.test:80", "tcp:10.0.0.0/8:80");

	CHECK(allows(&rules, "a.test", "192.168.1.1", 80));
	CHECK(!allows(&rules, "a.test", "224.0.0.1", 80));
	CHECK(!allows(&rules, "a.test", "0.0.0.0", 80));
	CHECK(!allows(&rules, "b.test", "192.168.1.1", 80));
	CHECK(allows(&both, "b.test", "10.9.8.7", 80));
	CHECK(!allows(&both, "b.test", "192.168.1.1", 80));
	net_rules_clear(&rules);
	net_rules_clear(&both);
}

TEST(a_network_with_public_addresses_names_no_private_ones)
{
	static const struct { const char *rule, *address; bool allowed; } rows[] = {
		{ "tcp:0.0.0.0/0:80", "8.8.8.8", true }, { "tcp:0.0.0.0/0:80", "127.0.0.1", false }, { "tcp:0.0.0.0/0:80", "10.0.0.1", false },
		{ "tcp:0.0.0.0/0:80", "169.254.169.254", false }, { "tcp:0.0.0.0/0:80", "224.0.0.1", false }, { "tcp:192.0.0.0/8:80", "192.168.1.1", false },
		{ "tcp:192.168.0.0/15:80", "192.168.1.1", false }, { "tcp:192.168.0.0/15:80", "192.169.1.1", true },
		{ "tcp:192.168.0.0/16:80", "192.168.1.1", true }, { "tcp:192.168.1.0/24:80", "192.168.1.1", true }, { "tcp:10.0.0.1:80", "10.0.0.1", true },
		{ "tcp:127.0.0.0/8:80", "127.0.0.1", true }, { "tcp:[::/0]:80", "2606:4700::1111", true }, { "tcp:[::/0]:80", "::1", false },
		{ "tcp:[::/0]:80", "fd00::1", false }, { "tcp:[fc00::/7]:80", "fd00::1", true }, { "tcp:[::1]:80", "::1", true },
		{ "tcp:[64:ff9b::/96]:80", "64:ff9b::a00:1", false }, { "tcp:[64:ff9b::/96]:80", "64:ff9b::808:808", true },
		{ "tcp:[64:ff9b::a00:0/104]:80", "64:ff9b::a00:1", true }, { "tcp:[2002::/16]:80", "2002:7f00:1::1", false },
	};
	struct net_address own, any;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct net_rules rules = rules_of(rows[i].rule, NULL);

		CHECK_EQ(allows(&rules, NULL, rows[i].address, 80), rows[i].allowed, rows[i].rule);
		net_rules_clear(&rules);
	}
	REQUIRE(net_address_read("8.8.8.8", &own) && net_address_read("0.0.0.0", &any));
	struct net_rules wide = rules_of("tcp:0.0.0.0/0:80", "listen:0.0.0.0/0:80"), exact = rules_of("tcp:8.8.8.8:80", NULL);

	CHECK(net_rules_address(&wide, NET_TCP, &own, 80, false));
	CHECK(!net_rules_address(&wide, NET_TCP, &own, 80, true), "this machine's own, whatever its network");
	CHECK(net_rules_address(&exact, NET_TCP, &own, 80, true));
	CHECK(net_rules_address(&wide, NET_LISTEN, &any, 80, false), "to listen at is another thing");
	net_rules_clear(&wide);
	net_rules_clear(&exact);
}

TEST(networks_and_their_classes)
{
	static const struct { const char *address; enum net_class class; } rows[] = {
		{ "8.8.8.8", NET_PUBLIC }, { "172.15.255.255", NET_PUBLIC }, { "172.16.0.0", NET_PRIVATE }, { "172.31.255.255", NET_PRIVATE },
		{ "172.32.0.0", NET_PUBLIC }, { "100.63.255.255", NET_PUBLIC }, { "100.64.0.0", NET_PRIVATE }, { "100.127.255.255", NET_PRIVATE },
		{ "100.128.0.0", NET_PUBLIC }, { "127.255.255.255", NET_LOOPBACK }, { "0.255.255.255", NET_NEVER }, { "239.1.2.3", NET_MULTICAST },
		{ "240.0.0.1", NET_PRIVATE }, { "255.255.255.255", NET_NEVER }, { "2606:4700::1111", NET_PUBLIC }, { "::1", NET_LOOPBACK }, { "::", NET_NEVER },
		{ "::ffff:8.8.8.8", NET_NEVER }, { "::8.8.8.8", NET_NEVER }, { "64:ff9b::808:808", NET_PUBLIC }, { "64:ff9b::a00:1", NET_PRIVATE },
		{ "2002:808:808::1", NET_PUBLIC }, { "2002:7f00:1::1", NET_LOOPBACK }, { "2001::1", NET_PRIVATE }, { "2001:db8::1", NET_PRIVATE }, { "fe80::1", NET_PRIVATE },
		{ "fc00::1", NET_PRIVATE }, { "ff02::1", NET_MULTICAST }, { "4000::1", NET_PRIVATE },
	};
	struct net_address address;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		REQUIRE(net_address_read(rows[i].address, &address));
		CHECK_EQ(net_address_class(&address), rows[i].class, rows[i].address);
	}
	REQUIRE(net_address_read("::1", &address));
	address.scope = 1;
	CHECK_EQ(net_address_class(&address), NET_NEVER);
}

TEST(localhost_is_this_machine_whatever_a_name_server_says)
{
	struct net_rules rules = rules_of("tcp:localhost:80", NULL);

	CHECK(allows(&rules, "localhost", "127.0.0.1", 80));
	CHECK(allows(&rules, NULL, "::1", 80));
	CHECK(!allows(&rules, "localhost", "8.8.8.8", 80));
	CHECK(!allows(&rules, NULL, "127.0.0.2", 80));
	net_rules_clear(&rules);
}

TEST(names_in_their_own_form)
{
	char name[NET_NAME_MAX + 1], longest[NET_NAME_MAX + 2];

	CHECK(net_name_read("Db.Example.ORG.", 15, name));
	CHECK_STR(name, "db.example.org");
	memset(longest, 'a', sizeof longest);
	CHECK(net_name_read(longest, 63, name));
	CHECK(!net_name_read(longest, 64, name));
	for (size_t i = 50; i < sizeof longest; i += 51)
		longest[i] = '.';
	CHECK(net_name_read(longest, 253, name));
	CHECK(!net_name_read(longest, 254, name));
	for (const char *const *bad = (const char *const[]){ "", ".", "a..b", ".a", "a b", "1", "1.2.3.4.5", "a.0x1", "a.1", "a/b",
		"a:b", "a%b", "\xc3\xa4", NULL }; *bad; bad++)
		CHECK(!net_name_read(*bad, strlen(*bad), name), *bad);
}

TEST(an_endpoint_is_read_whole)
{
	static const struct { const char *bytes; size_t length; bool good; } rows[] = {
		{ "n\120\0db.test", 10, true }, { "n\120\000127.0.0.1", 12, true }, { "n\120\000127.0.0.1\0.example.org", 25, false },
		{ "n\120\0db.test\0", 11, false }, { "n\120\0", 3, false }, { "n\120", 2, false }, { "\4\120\0\177\0\0\1", 7, true },
		{ "\4\120\0\177\0\0", 6, false }, { "\4\120\0\177\0\0\1\0", 8, false }, { "\6\120\0\177\0\0\1", 7, false }, { "x\120\0db.test", 10, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct net_endpoint endpoint;
		char label[20];

		snprintf(label, sizeof label, "row %zu", i);
		CHECK_EQ(net_endpoint_read((const uint8_t *)rows[i].bytes, rows[i].length, &endpoint), rows[i].good, label);
	}
}
