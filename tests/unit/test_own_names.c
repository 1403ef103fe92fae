/* A guest's own changes of names: what they break for it, what for others, and that what somebody else does meanwhile isn't taken
 * for its own. */
#include "breaks.h"

#include <sys/inotify.h>

enum { MUST = CALL_QUIET | CALL_MUST };

struct two { struct world world, second; };

static void two_new(struct two *two)
{
	struct guest_config config;
	struct wasi_grant grants[4];
	const char *failed;

	leases_begin(1000);
	world_new(&two->world);
	two->second = two->world;
	two->second.reply = NULL;
	world_config(&two->second, &config, grants);
	REQUIRE(guest_new(&config, &two->second.guest, &failed) == WASI_OK);
}

static void two_lease(struct two *two)
{
	CHECK_EQ(sys(&two->world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ(sys(&two->second, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
}

static void two_free(struct two *two)
{
	guest_free(two->second.guest);
	free(two->second.reply);
	world_free(&two->world);
}

TEST(what_a_page_did_to_what_it_knows_breaks_nothing_of_it_and_all_of_others)
{
	struct two two;

	two_new(&two);
	for (const char *const *name = (const char *const[]){ "root/gone", "root/from", "root/over", NULL }; *name; name++)
		put_file(&two.world, *name, "x");
	put_dir(&two.world, "root/empty");
	two_lease(&two);
	CHECK_EQ(sys_with(&two.world, MUST, SYSCALL_path_unlink_file, ROOT, "gone"), WASI_OK);
	CHECK_EQ(sys_with(&two.world, MUST, SYSCALL_path_rename, ROOT, "from", ROOT, "over"), WASI_OK);
	CHECK_EQ(sys_with(&two.world, MUST, SYSCALL_path_remove_directory, ROOT, "empty"), WASI_OK);
	CHECK_EQ(sys_with(&two.world, MUST, SYSCALL_path_open, ROOT, 0u, "made", (uint32_t)CREAT, (uint64_t)RW, (uint64_t)0, 0u, 16u),
		WASI_OK);
	wasi_leases_hear();
	CHECK(!guest_has_news(two.world.guest));
	CHECK_STR(broken(two.world.guest), "2:gone 2:from 2:over"); /* attributes, as ever */
	CHECK(guest_has_news(two.second.guest));
	CHECK_STR(broken(two.second.guest), "2:gone 1:gone 1:from 1:over 1:empty 1:made");
	/* It is still told of what others do. */
	put_file(&two.world, "root/later", "");
	remove(real(&two.world, "root/made"));
	CHECK_STR(broken(two.world.guest), "1:later 1:made");
	two_free(&two);
}

TEST(what_it_waits_for_is_told_to_it_before_the_answer_and_no_news)
{
	struct two two;

	two_new(&two);
	two_lease(&two);
	for (int i = 0; i < 100; i++) { /* nor is the lease broken by so many */
		CHECK_EQ(sys(&two.world, SYSCALL_path_create_directory, ROOT, "d"), WASI_OK);
		CHECK_EQ(sys(&two.world, SYSCALL_path_remove_directory, ROOT, "d"), WASI_OK);
		CHECK(!guest_has_news(two.world.guest));
		CHECK_STR(broken(two.world.guest), "1:d 1:d");
	}
	CHECK_EQ(sys(&two.world, SYSCALL_path_symlink, "x", ROOT, "s"), WASI_OK);
	CHECK_STR(broken(two.world.guest), "1:s");
	put_file(&two.world, "root/foreign", "");
	wasi_leases_hear();
	CHECK(guest_has_news(two.world.guest));
	CHECK_STR(broken(two.world.guest), "1:foreign");
	two_free(&two);
}

/* ---- others in between ---- */

static const char *others_file; /* somebody else makes it then */

void __real_leases_own_begin(struct leases *leases, const struct own_name *names, unsigned count, bool is_told);
void __wrap_leases_own_begin(struct leases *leases, const struct own_name *names, unsigned count, bool is_told);

void __wrap_leases_own_begin(struct leases *leases, const struct own_name *names, unsigned count, bool is_told)
{
	__real_leases_own_begin(leases, names, count, is_told);
	if (others_file)
		close(open(others_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
}

TEST(a_file_that_somebody_else_made_at_the_last_moment_isnt_the_pages)
{
	struct two two;

	two_new(&two);
	two_lease(&two);
	others_file = real(&two.world, "root/made");
	CHECK_EQ(sys_with(&two.world, MUST, SYSCALL_path_open, ROOT, 0u, "made", (uint32_t)CREAT, (uint64_t)RW, (uint64_t)0, 0u, 16u),
		WASI_OK);
	others_file = NULL;
	CHECK_STR(broken(two.world.guest), "1:made");
	two_free(&two);
}

struct between {
	struct world world;
	struct leases leases;
	int fd;
	struct stat st;
};

static void between_new(struct between *between)
{
	uint32_t id, stamp;

	leases_begin(1000);
	*between = (struct between){ 0 };
	world_new(&between->world);
	put_dir(&between->world, "root/elsewhere");
	put_file(&between->world, "root/a", "x");
	put_file(&between->world, "root/b", "x");
	put_file(&between->world, "root/elsewhere/x", "x");
	put_file(&between->world, "root/elsewhere/y", "x");
	between->fd = open(real(&between->world, "root"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(between->fd >= 0 && fstat(between->fd, &between->st) == 0);
	REQUIRE(lease_new(&between->leases, between->fd, between->st.st_dev, between->st.st_ino, &id, &stamp) == WASI_OK);
}

static struct own_name own_name(const struct between *between, const char *name, uint32_t event, const char *leads_to)
{
	struct own_name own = { .dir = between->fd, .name = name, .event = event, .dev = between->st.st_dev,
		.ino = between->st.st_ino };
	struct stat st;

	if (leads_to && fstatat(between->fd, leads_to, &st, 0) == 0) {
		own.there_dev = st.st_dev;
		own.there_ino = st.st_ino;
	}
	return own;
}

static const char *between_broken(struct between *between)
{
	uint8_t *breaks;
	size_t length;

	wasi_leases_hear();
	breaks = leases_breaks_take(&between->leases, &length);
	return breaks_text(breaks, length);
}

static void between_free(struct between *between)
{
	leases_clear(&between->leases);
	close(between->fd);
	world_free(&between->world);
}

static void move(struct between *between, const char *from, const char *to)
{
	REQUIRE(renameat(between->fd, from, between->fd, to) == 0);
}

TEST(what_happens_before_between_and_after_its_own_change_is_somebody_elses)
{
	struct between between;

	between_new(&between);
	put_file(&between.world, "root/before", "");
	leases_own_begin(&between.leases, (struct own_name[]){ own_name(&between, "a", IN_DELETE, NULL) }, 1, true);
	put_file(&between.world, "root/between", "");
	REQUIRE(unlinkat(between.fd, "a", 0) == 0);
	put_file(&between.world, "root/between2", "");
	leases_own_end(&between.leases, (struct own_name[]){ own_name(&between, "a", IN_DELETE, NULL) }, 1, true);
	put_file(&between.world, "root/after", "");
	CHECK_STR(between_broken(&between), "1:before 1:between 1:between2 1:after");
	between_free(&between);
}

TEST(a_name_that_somebody_else_made_again_is_broken)
{
	struct between between;

	between_new(&between);
	leases_own_begin(&between.leases, (struct own_name[]){ own_name(&between, "a", IN_DELETE, NULL) }, 1, true);
	REQUIRE(unlinkat(between.fd, "a", 0) == 0); /* one is ours, whichever */
	put_file(&between.world, "root/a", "");
	REQUIRE(unlinkat(between.fd, "a", 0) == 0);
	put_file(&between.world, "root/a", "");
	leases_own_end(&between.leases, (struct own_name[]){ own_name(&between, "a", IN_DELETE, NULL) }, 1, true);
	CHECK(strncmp(between_broken(&between), "1:a", 3) == 0);
	between_free(&between);
}

TEST(of_two_equal_events_that_come_as_one_the_second_is_seen)
{
	struct own_name names[1];
	struct between between;

	between_new(&between);
	names[0] = own_name(&between, "b", IN_MOVED_TO, "elsewhere/x");
	leases_own_begin(&between.leases, names, 1, true);
	move(&between, "elsewhere/x", "b"); /* its own, from where nothing is leased */
	move(&between, "elsewhere/y", "b"); /* the kernel reports both at once */
	leases_own_end(&between.leases, names, 1, true);
	CHECK_STR(between_broken(&between), "1:b");
	between_free(&between);
}

TEST(another_rename_between_the_same_names_isnt_half_of_its_own)
{
	struct own_name names[2];
	struct between between;

	between_new(&between);
	names[0] = own_name(&between, "a", IN_MOVED_FROM, NULL);
	names[1] = own_name(&between, "b", IN_MOVED_TO, "a");
	leases_own_begin(&between.leases, names, 2, true);
	move(&between, "a", "elsewhere/a"); /* somebody takes it away, and puts it there: two events with two cookies */
	move(&between, "elsewhere/a", "b");
	leases_own_end(&between.leases, names, 2, true);
	CHECK_STR(between_broken(&between), "1:b 1:b");
	between_free(&between);
}

TEST(a_change_without_its_event_is_broken)
{
	struct own_name names[1];
	struct between between;

	between_new(&between);
	names[0] = own_name(&between, "a", IN_CREATE, "a"); /* it was there: somebody made it before */
	leases_own_begin(&between.leases, names, 1, true);
	leases_own_end(&between.leases, names, 1, true);
	CHECK_STR(between_broken(&between), "1:a");
	leases_own_begin(&between.leases, names, 1, true); /* a call that failed has none */
	leases_own_end(&between.leases, names, 1, false);
	CHECK_STR(between_broken(&between), "");
	between_free(&between);
}

TEST(an_event_of_another_kind_isnt_its_own)
{
	struct own_name names[1];
	struct between between;

	between_new(&between);
	names[0] = own_name(&between, "a", IN_DELETE, NULL);
	leases_own_begin(&between.leases, names, 1, true);
	move(&between, "a", "elsewhere/a");
	leases_own_end(&between.leases, names, 1, true);
	CHECK_STR(between_broken(&between), "1:a 1:a");
	between_free(&between);
}

/* ---- the times of a folder ---- */

TEST(a_folder_whose_times_the_guest_sets_stays_leased_for_it_alone)
{
	enum { ATIM_MTIM = 1 | 4 };
	struct two two;

	two_new(&two);
	two_lease(&two);
	CHECK_EQ(sys_with(&two.world, MUST, SYSCALL_path_filestat_set_times, ROOT, 0u, ".", (uint64_t)5, (uint64_t)6,
		(uint32_t)ATIM_MTIM), WASI_OK);
	wasi_leases_hear();
	CHECK(!guest_has_news(two.world.guest));
	CHECK_STR(broken(two.world.guest), "");
	CHECK_STR(broken(two.second.guest), "0:");
	put_file(&two.world, "root/later", ""); /* it is still told of what others do */
	CHECK_STR(broken(two.world.guest), "1:later");
	REQUIRE(chmod(real(&two.world, "root"), 0700) == 0);
	CHECK_STR(broken(two.world.guest), "0:");
	/* One that it waits for ends its lease, as ever. */
	CHECK_EQ(sys(&two.world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ(sys(&two.world, SYSCALL_path_filestat_set_times, ROOT, 0u, ".", (uint64_t)5, (uint64_t)6, (uint32_t)ATIM_MTIM),
		WASI_OK);
	wasi_leases_hear();
	CHECK(!guest_has_news(two.world.guest));
	CHECK_STR(broken(two.world.guest), "0:");
	two_free(&two);
}

TEST(what_somebody_else_does_to_a_folders_rights_while_its_times_are_set_is_news)
{
	const struct timespec times[2] = { { 5, 0 }, { 6, 0 } };
	struct between between;

	between_new(&between);
	leases_own_times_begin(&between.leases, &between.st);
	REQUIRE(futimens(between.fd, times) == 0);
	REQUIRE(fstat(between.fd, &between.st) == 0);
	leases_own_times_end(&between.leases, &between.st);
	CHECK_STR(between_broken(&between), "");
	leases_own_times_begin(&between.leases, &between.st);
	REQUIRE(fchmod(between.fd, 0711) == 0); /* the kernel reports both at once */
	REQUIRE(futimens(between.fd, times) == 0);
	REQUIRE(fstat(between.fd, &between.st) == 0);
	leases_own_times_end(&between.leases, &between.st);
	CHECK_STR(between_broken(&between), "0:");
	between_free(&between);
}
