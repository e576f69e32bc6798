package sessiontest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file checks that Load answers what was stored, and only reads.

var loadChecks = []check{
	{"load/finds nothing where nothing is", 0, checkLoadNone},
	{"load/answers data byte for byte", 0, checkLoadExact},
	{"load/answers the other fields", 0, checkLoadFields},
	{"load/answers large data", 0, checkLoadLarge},
	{"load/data is never changed in place", 0, checkDataForever},
}

func checkLoadNone(p *probe, s *handle) {
	s.stored(p.record("another"))
	key := p.key()
	s.gone(loadNone, key, "of a key that was never stored")
	err := s.create(key, p.record("new"))
	p.expect(loadReads, err, nil, "Create after a Load that found nothing")
}

// exact is Data in the form of Python's json.dumps with compact separators,
// where a store that decodes and encodes again may go wrong.
var exact = []string{
	`{}`,
	`{"_auth_user_id":"1","a":[],"b":{},"c":null,"d":true,"e":false,"":""}`,
	`{"z":1,"a":2,"m":{"z":1,"a":2},"B":3,"b":4}`,
	`{"int":[0,-1,255,256,65536,2147483648,-2147483649,9007199254740993,9223372036854775808,-18446744073709551616]}`,
	`{"huge":123456789012345678901234567890123456789012345678901234567890}`,
	`{"float":[1.0,-0.0,0.1,1e+16,1e-07,5e-324,1.7976931348623157e+308,100000.0,3.141592653589793]}`,
	`{"bare":[NaN,Infinity,-Infinity]}`,
	`{"escapes":"\"\\\b\f\n\r\t\u0000\u001f\u007f","html":"</script><!-- & ' / + %"}`,
	`{"text":"\u00e9\u20ac\ud83d\ude00 e\u0301","alone":"\ud800","turned":"\ude00\ud83d","\u00fc":1}`,
	`{"literal":"\\u00e9 \\ud800 %41 +a== ':"}`,
	`{"deep":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}`,
	`{"numbers":{"1":1,"01":2,"1.0":3},"case":{"A":1,"a":2}}`,
}

func checkLoadExact(p *probe, s *handle) {
	for _, data := range exact {
		rec := p.record("")
		rec.Data = []byte(data)
		key, _ := s.stored(rec)
		s.holds(loadExact, key, []byte(data), "after Create")
	}
	key, old := s.stored(p.record("first"))
	for _, data := range exact {
		rec := p.record("")
		rec.Data = []byte(data)
		s.mustReplace(key, old, rec)
		old = s.mustLoad(key)
		p.sameData(loadExact, old.Data, []byte(data), "Load after Replace")
	}
}

func checkLoadFields(p *probe, s *handle) {
	rec := p.record("plain")
	key, old := s.stored(rec)
	p.same(old, rec, "Load after Create")
	for i, owner := range []string{"1", "o'neill \"%_\\", "Žofie/😀", ""} {
		rec := p.record("")
		rec.Owner = owner
		rec.Expires = p.now().Add(time.Duration(i*i) * 365 * 24 * time.Hour).Add(time.Hour + 123457*time.Microsecond)
		s.mustReplace(key, old, rec)
		old = s.mustLoad(key)
		p.same(old, rec, "Load after Replace")
	}
	elsewhere := p.record("in another zone")
	elsewhere.Expires = elsewhere.Expires.In(time.FixedZone("east", 5*3600+1800))
	elsewhere.Created = elsewhere.Created.In(time.FixedZone("west", -8*3600))
	_, got := s.stored(elsewhere)
	p.same(got, elsewhere, "Load of times in another zone")
}

// checkLoadLarge stores noise, which cannot be compressed much.
func checkLoadLarge(p *probe, s *handle) {
	const mebibyte = 1 << 20
	largest := mebibyte
	if p.h.MaxData > 0 {
		largest = min(p.h.MaxData, mebibyte)
	}
	for _, size := range []int{largest / 16, largest} {
		rec := p.record("")
		rec.Data = noise(size)
		key, old := s.stored(rec)
		p.sameData(loadExact, old.Data, rec.Data, fmt.Sprintf("Load of %d bytes", size))
		s.mustReplace(key, old, p.record("small again"))
		s.holds(loadExact, key, body("small again"), "after large data was replaced")
	}
	if p.h.MaxData > 0 {
		key, rec := p.key(), p.record("")
		rec.Data = noise(4 * p.h.MaxData)
		if s.create(key, rec) == nil {
			s.holds(neverTorn, key, rec.Data, "of data beyond MaxData that Create accepted")
		}
	}
}

func noise(size int) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	data := make([]byte, 0, size)
	data = append(data, `{"`+secret+`":"`...)
	random := rand.New(rand.NewPCG(1, uint64(size)))
	for len(data) < size-2 {
		data = append(data, letters[random.IntN(len(letters))])
	}
	return append(data, `"}`...)
}

func checkDataForever(p *probe, s *handle) {
	given := make([]byte, 0, 4096) // with room behind it that invites to append
	given = append(given, body("a first")...)
	rec := sessions.Record{Data: given, Expires: p.later(), Created: p.now()}
	key, first := s.stored(rec)
	again := s.mustLoad(key)
	second := p.record("other") // shorter, so that it could be written over the first
	s.mustReplace(key, first, second)
	loaded := s.mustLoad(key)
	for i := range 4 { // other loads and writes may take the same buffers
		s.stored(p.record(fmt.Sprint("third", i)))
	}
	s.mustDelete(key)
	for _, c := range []struct {
		what      string
		got, want []byte
	}{
		{"what Load answered first, after Replace, other loads and Delete", first.Data, body("a first")},
		{"what Load answered a second time, after the same", again.Data, body("a first")},
		{"what Load answered after Replace, after other loads and Delete", loaded.Data, body("other")},
		{"what was handed to Create, later", given, body("a first")},
		{"what was handed to Replace, later", second.Data, body("other")},
	} {
		p.sameData(dataForever, c.got, c.want, c.what)
	}
}
