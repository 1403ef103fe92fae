//# allFunctionsCalledOnLoad
/* A helper thread that holds the control connection for a program whose own thread blocks and has no page of ours beside it
 * (wasi.js). */
import { END } from "../base/codec.js";
import { Connection } from "./connection.js";
import { ControlSide } from "./control.js";
import { packError } from "../base/error-transfer.js";

let control = null;

onmessage = ({ data }) => {
	switch (data.do) {
	case "connect":
		return connect(data).catch(error => postMessage({ is: "failed", error: packError(error) }));
	case "room":
		return control.drain();
	case "gathered":
		return control.gathered();
	case "carried":
		return control.carried();
	case "trap":
		return control.end(END.TRAP, data.text);
	case "close":
		return control.close(data.how);
	}
};

async function connect({ ticket, hello, stdin, ring, sharedBatch }) {
	const connection = await Connection.open({ ticket, hello });
	control = new ControlSide(connection, { stdin, ring, sharedBatch });
	postMessage({ is: "connected", welcome: connection.welcome });
}
