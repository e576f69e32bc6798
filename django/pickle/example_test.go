package pickle_test

import (
	"fmt"

	"github.com/cloakroom-go/sessions/django/pickle"
)

// This file is what users of the package do first.

func ExampleEncode() {
	data, err := pickle.Encode([]byte(`{"sname":"irfan"}`))
	fmt.Printf("%q %v\n", data, err)
	// Output: "\x80\x05\x95\x14\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x05sname\x94\x8c\x05irfan\x94s." <nil>
}

// Python wrote {"sname": "irfan", "since": datetime.date(2030, 1, 2)}.
func ExampleDecode() {
	data := "\x80\x04}(\x8c\x05sname\x8c\x05irfan\x8c\x05since\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xee\x01\x02\x85Ru."
	text, foreign, err := pickle.Decode([]byte(data))
	fmt.Println(string(text), foreign, err)
	// Output: {"sname":"irfan"} [since] <nil>
}
