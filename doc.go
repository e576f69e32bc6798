// Package sessions is Django's session framework for Go: a dict for each
// visitor, under a key that only the visitor's cookie knows.
//
//	manager, err := sessions.New(memstore.New(memstore.Config{}), sessions.Config{})
//	…
//	http.ListenAndServe(addr, manager.Middleware(mux))
//
// and in a handler
//
//	const Name sessions.Key[string] = "name"
//
//	s := sessions.From(r)
//	Name.Set(s, "Irfan")     // or s.Set("name", "Irfan")
//	name := Name.Or(s, "")   // or s.Get("name")
//
// A session is loaded when it is first used, and saved, if it was changed, just
// before the response begins. A request that does not use its session costs
// nothing in the store.
//
// # What holds
//
// Requests that overlap on one session never lose each other's writes: each
// logs its changes, and if the store holds something else by the time of the
// commit, that is loaded and the changes are applied to it. [Session.Update] is
// for values that depend on what was there, [Session.Take] for what must happen
// once, and [Session.Transact] for decisions.
//
// A session that has ended stays ended: no late save or touch brings it back. A
// request that was changing it meanwhile is interrupted; see [ErrInterrupted].
//
// Nothing fails silently. A value that cannot be encoded, a store that does not
// answer, a change after the response has begun: each is in [Session.Err], in the
// log, and, while it can still be, in the response.
//
// # Where sessions are kept
//
// A [Store] keeps them: packages memstore, filestore, sqlstore, redisstore,
// memcachestore and cachedstore here, or your own, which package sessiontest
// checks. A [Sealer] puts them into the cookie instead. Package django has the
// layouts of Django's own engines, to share live sessions with a Django site.
package sessions
