// What the build makes one file of, codemirror.js beside editor.js.
export { javascript } from "@codemirror/lang-javascript";
export { EditorState } from "@codemirror/state";
export { EditorView, keymap } from "@codemirror/view";
export { basicSetup } from "codemirror";
