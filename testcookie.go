package sessions

// This file is the test cookie of Django: set it with one page and see with the
// next whether the visitor's browser takes cookies.

const (
	testCookieKey   = "testcookie"
	testCookieValue = "worked"
)

// SetTestCookie sets a value that shows, when it comes back, that the visitor's
// browser takes cookies.
func (s *Session) SetTestCookie() { s.Set(testCookieKey, testCookieValue) }

// TestCookieWorked reports whether the value of SetTestCookie came back.
func (s *Session) TestCookieWorked() bool { return s.Get(testCookieKey) == testCookieValue }

// DeleteTestCookie removes the value of SetTestCookie and reports whether it
// was there.
func (s *Session) DeleteTestCookie() bool { return s.Delete(testCookieKey) }
