package site

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"path"
)

// This file renders the pages, and serves their style and icon.

//go:embed templates
var templates embed.FS

//go:embed static
var static embed.FS

// pages are the templates by file name, each within the layout.
var pages = func() map[string]*template.Template {
	layout := template.Must(template.ParseFS(templates, "templates/layout.html"))
	all := map[string]*template.Template{}
	for _, name := range []string{"home.html", "admin.html", "error.html"} {
		page := template.Must(layout.Clone())
		all[name] = template.Must(page.ParseFS(templates, "templates/"+name))
	}
	return all
}()

// render answers with a page: whole, or not at all.
func render(w http.ResponseWriter, status int, name string, data any) {
	var body bytes.Buffer
	if err := pages[name].ExecuteTemplate(&body, "layout.html", data); err != nil {
		http.Error(w, "The page could not be rendered.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

// renderError answers with a page that says what went wrong.
func renderError(w http.ResponseWriter, status int, title, text string) {
	render(w, status, "error.html", struct {
		Status      int
		Title, Text string
	}{status, title, text})
}

// asset serves a static file, which browsers may keep for an hour.
func asset(name string) http.HandlerFunc {
	content, err := fs.ReadFile(static, "static/"+name)
	if err != nil {
		panic("site: " + err.Error()) // it is embedded as surely as this code
	}
	kind := map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}[path.Ext(name)]
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "max-age=3600")
		w.Write(content)
	}
}
