package django

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// This file sets one field to one value, if the value is of the right type.

// base64Secret is a Secret given as base64.
type base64Secret Secret

// assign sets a field to a value as a settings file holds it.
func assign(field, v any) error {
	switch field := field.(type) {
	case *string:
		return assignString(field, v)
	case *URL:
		return assignString((*string)(field), v)
	case *bool:
		b, ok := v.(bool)
		if !ok {
			return wants("true or false", v)
		}
		*field = b
		return nil
	case *int:
		n, err := integer(v)
		if err != nil || int64(int(n)) != n {
			return wants("a whole number", v)
		}
		*field = int(n)
		return nil
	case *time.Duration:
		return assignSeconds(field, v)
	case *Engine:
		return assignEngine(field, v)
	case *http.SameSite:
		return assignSameSite(field, v)
	case *Secret:
		return assignSecret(field, v)
	case *base64Secret:
		return assignBase64(field, v)
	case *[]Secret:
		return assignSecrets(field, v)
	}
	return fmt.Errorf("fields of type %T cannot be read", field)
}

func assignSeconds(field *time.Duration, v any) error {
	n, err := integer(v)
	if err != nil {
		return wants("a whole number of seconds", v)
	}
	const most = math.MaxInt64 / int64(time.Second)
	*field = time.Duration(min(max(n, -most), most)) * time.Second
	return nil
}

func assignEngine(field *Engine, v any) (err error) {
	text, ok := v.(string)
	if !ok {
		return wants("text", v)
	}
	e, err := ParseEngine(text)
	if err == nil {
		*field = e
	}
	return err
}

func wants(what string, v any) error { return fmt.Errorf("must be %s, not %s", what, kind(v)) }

// kind names the type of v in the words of settings files.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case string:
		return "text"
	case int, int64:
		return "a whole number"
	case float64:
		return "a number with a fraction"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return fmt.Sprintf("a %T", v)
}

func integer(v any) (int64, error) {
	switch v := v.(type) {
	case int:
		return int64(v), nil
	case int64:
		return v, nil
	case float64: // encoding/json knows no other number
		if n := int64(v); float64(n) == v {
			return n, nil
		}
	}
	return 0, errors.New("not an integer")
}

// assignString takes null for empty, as None is in Django.
func assignString(field *string, v any) error {
	text, ok := v.(string)
	if !ok && v != nil {
		return wants("text", v)
	}
	*field = text
	return nil
}

func assignSameSite(field *http.SameSite, v any) error {
	text, _ := v.(string)
	switch {
	case v == nil || v == false:
		*field = http.SameSiteDefaultMode
	case strings.EqualFold(text, "lax"):
		*field = http.SameSiteLaxMode
	case strings.EqualFold(text, "strict"):
		*field = http.SameSiteStrictMode
	case strings.EqualFold(text, "none"):
		*field = http.SameSiteNoneMode
	default:
		return errors.New("must be 'Lax', 'Strict', 'None', or false to leave the attribute out")
	}
	return nil
}

func assignSecret(field *Secret, v any) error {
	switch v := v.(type) {
	case string:
		*field = Secret(v)
	case []byte:
		*field = Secret(v)
	case Secret:
		*field = v
	default:
		return wants("text", v)
	}
	return nil
}

func assignBase64(field *base64Secret, v any) error {
	text, ok := v.(string)
	if !ok {
		return wants("text", v)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return errors.New("is not base64 of the standard alphabet with padding")
	}
	*field = data
	return nil
}

func assignSecrets(field *[]Secret, v any) error {
	var items []any
	switch v := v.(type) {
	case []any:
		items = v
	case []string:
		for _, text := range v {
			items = append(items, text)
		}
	default:
		return wants("a list of secrets", v)
	}
	secrets := make([]Secret, len(items))
	for i, item := range items {
		if err := assignSecret(&secrets[i], item); err != nil {
			return fmt.Errorf("number %d %w", i, err)
		}
	}
	*field = secrets
	return nil
}

// assignText sets a field to what a variable of the environment says.
func assignText(field any, text string) error {
	switch field := field.(type) {
	case *bool:
		b, ok := booleans[strings.ToLower(text)]
		if !ok {
			return errors.New("must be true or false")
		}
		return assign(field, b)
	case *int, *time.Duration:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return assign(field, text)
		}
		return assign(field, n)
	case *http.SameSite:
		if text == "" || strings.EqualFold(text, "false") {
			return assign(field, false)
		}
	case *[]Secret:
		return assignSecretsText(field, text)
	}
	return assign(field, text)
}

var booleans = map[string]bool{
	"true": true, "yes": true, "on": true, "1": true,
	"false": false, "no": false, "off": false, "0": false,
}

func assignSecretsText(field *[]Secret, text string) error {
	if text == "" {
		*field = nil
		return nil
	}
	list := strings.Split(text, ",")
	if strings.HasPrefix(text, "[") {
		list = nil
		if json.Unmarshal([]byte(text), &list) != nil {
			return errors.New("must be a JSON array of strings, or secrets between commas")
		}
	}
	return assignSecrets(field, list)
}
