// isomorphic-git over ZenFS over a directory handle of files.js: three packages as they come from npm.
import { Buffer } from "buffer";
import { configureSingle, fs } from "@zenfs/core";
import { WebAccess } from "@zenfs/dom";
import git from "isomorphic-git";

import { getDirectoryHandle } from "/_wvwasi/files.js";

globalThis.Buffer = Buffer;

/** Makes a repository in a granted folder, and two commits. Gives their ids, the newest first. */
window.makeCommits = async (path) => {
	await configureSingle({ backend: WebAccess, handle: await getDirectoryHandle(path) });
	const author = { name: "A page", email: "page@example.org" }, dir = "/";
	await git.init({ fs, dir, defaultBranch: "main" });
	await fs.promises.mkdir("/src");
	for (const [file, text] of [["README", "a page wrote this\n"], ["src/main.c", "int main(void) { return 0; }\n"]]) {
		await fs.promises.writeFile(`/${file}`, text);
		await git.add({ fs, dir, filepath: file });
		await git.commit({ fs, dir, author, message: `adds ${file}\n` });
	}
	return (await git.log({ fs, dir })).map(({ oid }) => oid);
};
