package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// batch judges a batch, of which only what was accepted has to fit.
func (c *Checker) batch(media, pointer string, x *Exchange) error {
	items, each := lines(x.Body), pointer
	if media != mediaLines {
		items, each = nil, pointer+"/items"
		if err := json.Unmarshal(x.Body, &items); err != nil {
			return err
		}
	}
	results, err := resultsOf(x)
	if err != nil {
		return err
	}
	if len(results) < len(items) {
		return fmt.Errorf("of %d items %d have a result", len(items), len(results))
	}
	for i, item := range items {
		var refused struct{ Status int }
		if err := json.Unmarshal(results[i], &refused); err != nil {
			return err
		}
		if refused.Status != 0 {
			continue
		}
		if err := c.fits(each, item); err != nil {
			return err
		}
	}
	return nil
}

// resultsOf are the results of a batch, in order.
func resultsOf(x *Exchange) ([]json.RawMessage, error) {
	if x.Answer.Get("Content-Type") == mediaLines {
		return lines(x.Answered), nil
	}
	var of struct{ Results []json.RawMessage }
	err := json.Unmarshal(x.Answered, &of)
	return of.Results, err
}

// structured is a CloudEvent, the attributes of which are headers, as one document.
func structured(x *Exchange) ([]byte, error) {
	whole := map[string]any{}
	for name := range x.Header {
		attribute, ok := strings.CutPrefix(strings.ToLower(name), "ce-")
		if !ok {
			continue
		}
		value, err := url.PathUnescape(x.Header.Get(name))
		if err != nil {
			return nil, err
		}
		whole[attribute] = value
	}
	if len(x.Body) > 0 {
		whole["data"] = json.RawMessage(x.Body)
	}
	return json.Marshal(whole)
}

func lines(text []byte) (list []json.RawMessage) {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			list = append(list, line)
		}
	}
	return list
}
