/* The SQL box of Datasette's own pages: line numbers, Shift-Enter runs, a button that formats. */
"use strict";
window.addEventListener("load", () => {
  const button = document.querySelector("button#sql-format");
  const shown = document.querySelector("pre#sql-query");
  const box = document.querySelector("textarea#sql-editor");
  if (box && window.CodeMirror) {
    const editor = CodeMirror.fromTextArea(box, { lineNumbers: true, mode: "text/x-sql", lineWrapping: true });
    editor.setOption("extraKeys", { "Shift-Enter": () => document.querySelector("form.sql").submit(), Tab: false });
    editor.getInputField().setAttribute("aria-label", "SQL query");
    if (window.cmResize) cmResize(editor, { resizableWidth: false });
    if (button && !shown) {
      button.hidden = false;
      button.addEventListener("click", () => editor.setValue(sqlFormatter.format(editor.getValue())));
    }
  }
  if (button && shown) {
    const formatted = sqlFormatter.format(shown.textContent);
    if (formatted !== shown.textContent) {
      button.hidden = false;
      button.addEventListener("click", () => { shown.textContent = formatted; });
    }
  }
});
