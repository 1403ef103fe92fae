/* path_*: links, renaming and removing (traps 27 to 39). */
#include "names.h"

static wasi_filestat_t seen;

/* ---- making links ---- */

TEST_PATHS(traps_27_28_symlinks_are_made_where_nothing_is)
{
	struct world world;

	world_new(&world);
	put_dir(&world, "root/dir");
	put_file(&world, "root/file", "");
	put_link(&world, "root/dangling", "nowhere");
	CHECK_EQ(symbolic(&world, "/etc/passwd", "new"), WASI_EPERM); /* 27, case 7 */
	CHECK_EQ(symbolic(&world, "", "new"), WASI_ENOENT);
	CHECK_EQ(symbolic(&world, "x", "missing/"), WASI_ENOENT); /* 28 */
	CHECK_EQ(symbolic(&world, "x", "dir"), WASI_EEXIST);
	CHECK_EQ(symbolic(&world, "x", "dir/"), WASI_EEXIST);
	CHECK_EQ(symbolic(&world, "x", "file/"), WASI_ENOTDIR);
	CHECK_EQ(symbolic(&world, "x", "file"), WASI_EEXIST);
	CHECK_EQ(symbolic(&world, "x", "dangling"), WASI_EEXIST);
	CHECK_EQ(symbolic(&world, "x", "."), WASI_EEXIST);
	CHECK(!exists(&world, "root/new"));
	CHECK_EQ(symbolic(&world, "../anything", "new"), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "new", &seen), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, FOLLOW, "new", &seen), WASI_EPERM);
	world_free(&world);
}

TEST_PATHS(traps_30_to_33_hard_links)
{
	struct world world;
	wasi_filestat_t other;
	wasi_fdstat_t one, two;

	world_new(&world);
	put_dir(&world, "root/dir");
	put_file(&world, "root/file", "file");
	put_file(&world, "root/taken", "");
	put_link(&world, "root/dangling", "nowhere");
	put_link(&world, "root/loop", "loop");
	CHECK_EQ(hard(&world, "file", "taken"), WASI_EEXIST); /* 30 */
	CHECK_EQ(hard(&world, "file", "file"), WASI_EEXIST);
	CHECK_EQ(hard(&world, "file", "dir"), WASI_EEXIST);
	CHECK_EQ(hard(&world, "file", "dangling"), WASI_EEXIST);
	CHECK_EQ(hard(&world, "dir", "new"), WASI_EPERM); /* 31 */
	CHECK_EQ(hard(&world, "file", "new/"), WASI_ENOENT);
	CHECK_EQ(hard(&world, "file/", "new"), WASI_ENOTDIR);
	CHECK_EQ(hard(&world, "missing", "new"), WASI_ENOENT);
	CHECK_EQ(hard(&world, "dangling", "dangling2"), WASI_OK); /* 32 */
	CHECK_EQ(hard(&world, "loop", "loop2"), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "loop2", &seen), WASI_OK);
	CHECK_EQ(seen.filetype, WASI_FILETYPE_SYMBOLIC_LINK);
	CHECK_EQ(sys(&world, SYSCALL_path_link, ROOT, FOLLOW, "file", ROOT, "new"), WASI_EINVAL);
	CHECK_EQ(hard(&world, "file", "same"), WASI_OK); /* 33 */
	CHECK_EQ(stat_path(&world, ROOT, 0, "file", &seen), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "same", &other), WASI_OK);
	CHECK(memcmp(&seen, &other, sizeof seen) == 0);
	CHECK_EQ(seen.nlink, 2);
	one = fdstat_of(&world, must_open(&world, ROOT, "file", 0, RW));
	two = fdstat_of(&world, must_open(&world, ROOT, "same", 0, RW));
	CHECK(memcmp(&one, &two, sizeof one) == 0);
	world_free(&world);
}

TEST_PATHS(trap_29_readlink_cuts_silently)
{
	struct world world;

	world_new(&world);
	put_link(&world, "root/link", "target");
	put_link(&world, "root/absolute", "/etc/passwd");
	put_file(&world, "root/file", "");
	put_dir(&world, "root/dir");
	put_link(&world, "root/to_dir", "dir");
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, ROOT, "link", 100), WASI_OK);
	CHECK_STR(text_at(&world, 0), "target");
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, ROOT, "link", 3), WASI_OK);
	CHECK_STR(text_at(&world, 0), "tar");
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, ROOT, "link", 0), WASI_OK);
	CHECK_EQ(world.length, 0);
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, ROOT, "file", 10), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, ROOT, "dir", 10), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, ROOT, ".", 10), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, ROOT, "missing", 10), WASI_ENOENT);
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, ROOT, "link/", 10), WASI_ENOTDIR);
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, ROOT, "absolute", 100), WASI_EPERM); /* case 7 */
	world_free(&world);
}

/* ---- renaming and removing ---- */

TEST_PATHS(traps_34_to_36_renaming)
{
	struct world world;

	world_new(&world);
	put_dir(&world, "root/dir");
	put_dir(&world, "root/empty");
	put_dir(&world, "root/full");
	put_file(&world, "root/full/x", "");
	put_file(&world, "root/file", "one");
	put_file(&world, "root/file2", "two");
	CHECK_EQ(move(&world, "dir", "moved"), WASI_OK); /* 34 */
	CHECK_EQ(stat_path(&world, ROOT, 0, "dir", &seen), WASI_ENOENT);
	CHECK_EQ(move(&world, "moved", "empty"), WASI_OK);
	CHECK_EQ(move(&world, "empty", "full"), WASI_ENOTEMPTY); /* 35 */
	CHECK_EQ(move(&world, "empty", "file"), WASI_ENOTDIR);
	CHECK_EQ(move(&world, "file", "empty"), WASI_EISDIR);
	CHECK_EQ(move(&world, "file", "file2"), WASI_OK); /* 36 */
	CHECK_STR(get_file(&world, "root/file2"), "one");
	CHECK_EQ(move(&world, "empty/", "slash///"), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "slash", &seen), WASI_OK);
	CHECK_EQ(move(&world, "file2/", "x"), WASI_ENOTDIR);
	CHECK_EQ(move(&world, "file2", "x/"), WASI_ENOTDIR);
	CHECK_EQ(move(&world, "missing", "x"), WASI_ENOENT);
	CHECK_EQ(move(&world, "missing/", "x"), WASI_ENOENT);
	CHECK_EQ(move(&world, "slash", "slash/inside"), WASI_EINVAL);
	CHECK_EQ(move(&world, ".", "x"), WASI_EBUSY);
	CHECK_EQ(move(&world, "slash", "full/.."), WASI_EBUSY);
	CHECK_EQ(move(&world, "file2", "full/x"), WASI_OK);
	CHECK_STR(get_file(&world, "root/full/x"), "one");
	world_free(&world);
}

TEST_PATHS(traps_37_38_removing)
{
	struct world world;

	world_new(&world);
	put_dir(&world, "root/dir");
	put_dir(&world, "root/dir2");
	put_dir(&world, "root/full");
	put_file(&world, "root/full/x", "");
	put_file(&world, "root/file", "");
	put_link(&world, "root/to_file", "file");
	put_link(&world, "root/to_dir", "dir");
	CHECK_EQ(remove_dir(&world, "dir2/"), WASI_OK); /* 37 */
	CHECK_EQ(remove_dir(&world, "file"), WASI_ENOTDIR);
	CHECK_EQ(remove_dir(&world, "file/"), WASI_ENOTDIR);
	CHECK_EQ(remove_dir(&world, "full"), WASI_ENOTEMPTY);
	CHECK_EQ(remove_dir(&world, "to_dir"), WASI_ENOTDIR);
	CHECK_EQ(remove_dir(&world, "to_dir/"), WASI_ENOTDIR);
	CHECK_EQ(remove_dir(&world, "."), WASI_EINVAL);
	CHECK_EQ(remove_dir(&world, ".."), WASI_EPERM);
	CHECK_EQ(remove_file(&world, "dir"), WASI_EISDIR); /* 38 */
	CHECK_EQ(remove_file(&world, "dir/"), WASI_EISDIR);
	CHECK_EQ(remove_file(&world, "file/"), WASI_ENOTDIR);
	CHECK_EQ(remove_file(&world, "to_dir/"), WASI_ENOTDIR);
	CHECK_EQ(remove_file(&world, "missing"), WASI_ENOENT);
	CHECK_EQ(remove_file(&world, "missing/"), WASI_ENOENT);
	CHECK_EQ(remove_file(&world, "to_file"), WASI_OK);
	CHECK(exists(&world, "root/file"));
	CHECK_EQ(remove_file(&world, "to_dir"), WASI_OK);
	CHECK(exists(&world, "root/dir"));
	CHECK_EQ(make_dir(&world, "new/"), WASI_OK);
	CHECK_EQ(make_dir(&world, "new"), WASI_EEXIST);
	CHECK_EQ(make_dir(&world, "file/"), WASI_EEXIST);
	CHECK_EQ(make_dir(&world, "."), WASI_EEXIST);
	CHECK_EQ(make_dir(&world, "missing/x"), WASI_ENOENT);
	world_free(&world);
}

TEST_PATHS(trap_39_what_is_open_can_be_removed_and_made_again)
{
	struct world world;
	uint32_t file, dir;

	world_new(&world);
	file = must_open(&world, ROOT, "file", CREAT, RW);
	CHECK_EQ(write_text(&world, file, 0, "old"), WASI_OK);
	CHECK_EQ(make_dir(&world, "dir"), WASI_OK);
	dir = must_open(&world, ROOT, "dir", DIRECTORY, 0);
	CHECK_EQ(remove_file(&world, "file"), WASI_OK);
	CHECK_EQ(remove_dir(&world, "dir"), WASI_OK);
	CHECK_EQ(try_open(&world, ROOT, 0, "file", CREAT | EXCL, RW), WASI_OK);
	CHECK_EQ(make_dir(&world, "dir"), WASI_OK);
	CHECK_STR(read_text(&world, file, 0, 10), "old");
	CHECK_EQ(close_handle(&world, file), WASI_OK);
	CHECK_EQ(close_handle(&world, dir), WASI_OK);
	world_free(&world);
}
