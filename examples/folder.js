// Where an example keeps its files: the first folder that was granted for writing (--dir), else /tmp.

/**
 * @param {{ preopens: { path: string, readonly: boolean }[] }} w from connect()
 * @returns {string}
 */
export function workFolder({ preopens }) {
	const granted = preopens.find(({ path, readonly }) => !readonly && path !== "/tmp");
	if (granted)
		return granted.path;
	document.querySelector("main > header").insertAdjacentHTML("beforeend", `<p class="notice warn">No folder was granted for writing, so files
		are kept in <code>/tmp</code> and disappear with this page. Start the gateway with <code>--dir ~/some/folder::/work</code>.</p>`);
	return "/tmp";
}
