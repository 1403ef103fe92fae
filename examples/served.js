// A page that wasn't served by the gateway can't load its modules, and would stay silent: this script, which any page can load, says so.
addEventListener("error", ({ target }) => {
	if (target instanceof HTMLScriptElement)
		sayUnserved();
}, { capture: true });

function sayUnserved() {
	if (document.querySelector("#unserved"))
		return;
	const text = "This page needs its gateway: start it with \u201cmake run-examples\u201d, and open the link that it prints.";
	const notice = Object.assign(document.createElement("p"), { id: "unserved", className: "notice bad", textContent: text });
	notice.setAttribute("role", "alert");
	notice.style.cssText = "margin: 1rem; padding: 1rem; border: 2px solid #a4161a; border-radius: 8px; font: 16px/1.4 system-ui, sans-serif";
	document.documentElement.append(notice);
}

if (location.protocol === "file:")
	sayUnserved();
