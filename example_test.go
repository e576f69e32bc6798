package sessions_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/memstore"
)

// Visits is a value of every visitor's session, under the key "visits".
const Visits sessions.Key[int] = "visits"

func Example() {
	manager, err := sessions.New(memstore.New(memstore.Config{}), sessions.Config{
		Cookie: sessions.Cookie{AllowHTTP: true}, // for this example; leave it out on a real site
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		Visits.Update(s, func(n int, _ bool) int { return n + 1 })
		fmt.Fprintf(w, "visit %d", Visits.Or(s, 0))
	})
	server := httptest.NewServer(manager.Middleware(mux))
	defer server.Close()

	jar, _ := cookiejar.New(nil)
	visitor := &http.Client{Jar: jar}
	for range 3 {
		response, err := visitor.Get(server.URL)
		if err != nil {
			log.Fatal(err)
		}
		var body [16]byte
		n, _ := response.Body.Read(body[:])
		response.Body.Close()
		fmt.Println(string(body[:n]))
	}
	// Output:
	// visit 1
	// visit 2
	// visit 3
}

func exampleManager() *sessions.Manager {
	manager, err := sessions.New(memstore.New(memstore.Config{}), sessions.Config{})
	if err != nil {
		log.Fatal(err)
	}
	return manager
}

func ExampleNew() {
	manager, err := sessions.New(memstore.New(memstore.Config{}), sessions.Config{
		Lifetime: 24 * time.Hour,
		Cookie:   sessions.Cookie{Name: "__Host-session", SameSite: http.SameSiteStrictMode},
	})
	fmt.Println(manager != nil, err)

	_, err = sessions.New(memstore.New(memstore.Config{}), sessions.Config{
		Cookie: sessions.Cookie{Name: "__Host-session", Domain: "example.com"},
	})
	fmt.Println(err)
	// Output:
	// true <nil>
	// sessions: browsers refuse the cookie __Host-session with a Domain or a Path other than /; drop them or the prefix
}

func ExampleSession_Set() {
	s := exampleManager().Open(context.Background(), "")
	s.Set("sname", "irfan")
	s.Set("cart", []any{"tea", 2, 1.0})

	name, ok := s.Lookup("sname")
	fmt.Println(name, ok)
	fmt.Println(s.Get("cart"))
	fmt.Println(s.Get("nothing"))
	// Output:
	// irfan true
	// [tea 2 1]
	// <nil>
}

func ExampleKey() {
	type Item struct {
		Name  string
		Price float64
	}
	const Cart sessions.Key[[]Item] = "cart"

	s := exampleManager().Open(context.Background(), "")
	Cart.Set(s, []Item{{"tea", 3}})
	Cart.Update(s, func(items []Item, _ bool) []Item { return append(items, Item{"milk", 1.5}) })
	fmt.Println(Cart.Or(s, nil))
	// Output: [{tea 3} {milk 1.5}]
}

func ExampleKey_Take() {
	const Token sessions.Key[string] = "reset_token"
	ctx := context.Background()
	manager := exampleManager()
	s := manager.Open(ctx, "")
	Token.Set(s, "a1b2")
	if err := s.Save(); err != nil {
		log.Fatal(err)
	}
	for range 2 {
		// Another request of the same visitor, maybe at the same time.
		token, ok, err := Token.Take(ctx, manager.Open(ctx, s.Key()))
		fmt.Printf("%q %t %v\n", token, ok, err)
	}
	// Output:
	// "a1b2" true <nil>
	// "" false <nil>
}

func ExampleSession_CycleKey() {
	manager := exampleManager()
	login := func(w http.ResponseWriter, r *http.Request) {
		// … once the password is right:
		s := sessions.From(r)
		s.CycleKey()
		s.Set("user", 7)
	}
	w := httptest.NewRecorder()
	manager.Middleware(http.HandlerFunc(login)).ServeHTTP(w, httptest.NewRequest("POST", "/login", nil))
	fmt.Println(len(w.Result().Cookies()[0].Value), "characters")
	// Output: 32 characters
}

func ExampleSession_Flush() {
	manager := exampleManager()
	logout := func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.From(r).Flush(); err != nil {
			return // the visitor is told that the store failed, not that the logout worked
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
	w := httptest.NewRecorder()
	manager.Middleware(http.HandlerFunc(logout)).ServeHTTP(w, httptest.NewRequest("POST", "/logout", nil))
	fmt.Println(w.Code)
	// Output: 303
}

func ExampleSession_ExpireAfter() {
	s := exampleManager().Open(context.Background(), "")
	fmt.Println(s.ExpiryAge())
	s.ExpireAfter(30 * time.Minute) // without a save
	fmt.Println(s.ExpiryAge())
	s.ExpireAtBrowserClose()
	fmt.Println(s.ExpiresAtBrowserClose())
	// Output:
	// 336h0m0s
	// 30m0s
	// true
}

func ExampleSession_Transact() {
	ctx := context.Background()
	manager := exampleManager()
	s := manager.Open(ctx, "")
	s.Set("balance", 100)
	if err := s.Save(); err != nil {
		log.Fatal(err)
	}
	err := s.Transact(ctx, func(tx *sessions.Session) error {
		balance, _ := tx.Get("balance").(int64)
		if balance < 30 {
			return fmt.Errorf("only %d left", balance)
		}
		tx.Set("balance", balance-30)
		return nil
	})
	fmt.Println(s.Get("balance"), err)
	// Output: 70 <nil>
}

// A job, or the loop of a WebSocket, has no request: it opens the session by its
// key.
func ExampleManager_Update() {
	ctx := context.Background()
	manager := exampleManager()
	s := manager.Open(ctx, "")
	s.Set("report", "pending")
	if err := s.Save(); err != nil {
		log.Fatal(err)
	}

	err := manager.Update(ctx, s.Key(), func(s *sessions.Session) error {
		s.Set("report", "ready")
		return nil
	})
	fmt.Println(manager.Open(ctx, s.Key()).Get("report"), err)
	// Output: ready <nil>
}

// A handler that is tested without the middleware gets its session by way of
// the request's context.
func ExampleNewContext() {
	handler := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s!", sessions.From(r).Get("name"))
	}
	r := httptest.NewRequest("GET", "/", nil)
	s := exampleManager().Open(r.Context(), "")
	s.Set("name", "Irfan")

	w := httptest.NewRecorder()
	handler(w, r.WithContext(sessions.NewContext(r.Context(), s)))
	fmt.Println(w.Body)
	// Output: Hello, Irfan!
}

func ExampleManager_Require() {
	manager := exampleManager()
	pay := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "paid") // not reached while the store is down
	})
	handler := manager.Middleware(manager.Require(pay))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("POST", "/pay", nil))
	fmt.Println(w.Body)
	// Output: paid
}
