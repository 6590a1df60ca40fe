package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/tokens"
)

// standardToken is how long a token lasts unless somebody says otherwise.
const standardToken = 15 * time.Minute

// mintToken makes a token for a member's own device: {"ttl": "15 minutes"}, which may be left out. A member who is not known yet may have one:
// the device's first event makes the member known.
func mintToken(c call) error {
	id, err := c.id("member")
	if err != nil {
		return err
	}
	if c.program.Erased(id) || c.program.Merged(id) != "" {
		return c.noMember(id)
	}
	if err := c.takes(mediaJSON); err != nil {
		return err
	}
	lasts, err := c.lasts()
	if err != nil {
		return err
	}
	token, expires, err := c.server.tokens.Mint(tokens.Member{Program: c.key.Program, ID: id}, lasts)
	if err != nil {
		return err
	}
	return c.write(http.StatusCreated, struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires_at"`
	}{token, expires})
}

// lasts reads how long a token is to last, which a body need not say.
func (c call) lasts() (lasts time.Duration, err error) {
	if len(c.http.Context().Request.Body()) == 0 {
		return standardToken, nil
	}
	lasts = standardToken
	err = c.fields([]string{"ttl"}, "the body does not say how long the token lasts", func(_ string, value []byte) (string, error) {
		var text string
		failed := json.Unmarshal(value, &text)
		if failed == nil {
			lasts, failed = exactly(text)
		}
		if failed == nil && (lasts <= 0 || lasts > tokens.Longest) {
			failed = errNotExact
		}
		return `a number of minutes is expected, such as "15 minutes", up to "1 hour"`, failed
	})
	return lasts, err
}

// createTokenKey makes a key that signs tokens. Its private part is told this one time, for those who mint tokens themselves.
func createTokenKey(c call) error {
	if err := c.noBody(); err != nil {
		return err
	}
	act, err := c.act()
	if err != nil {
		return err
	}
	k, err := c.server.tokens.By(act).Create(c.key.Program)
	if errors.Is(err, tokens.ErrTooMany) {
		return refuse("too_many_keys", "two keys sign the tokens of this program: delete one of them first")
	}
	if err != nil {
		return err
	}
	return c.write(http.StatusCreated, struct {
		*tokens.Key
		Private string `json:"private_key"`
	}{k, k.Private()})
}

func listTokenKeys(c call) error { return listed(c, c.server.tokens.List(c.key.Program)) }

// deleteTokenKey ends a key, and every token that it has signed. A key of another program is not found.
func deleteTokenKey(c call) error {
	id, err := c.id("key")
	if err != nil {
		return err
	}
	act, err := c.act()
	if err != nil {
		return err
	}
	k, err := c.server.tokens.By(act).Delete(c.key.Program, id)
	if errors.Is(err, tokens.ErrUnknown) {
		return notFound("key")
	}
	if err != nil {
		return err
	}
	return c.write(http.StatusOK, k)
}

// programSettings is what is set of a program at run time.
type programSettings struct {
	Program string   `json:"program"`
	Origins []string `json:"origins"`
}

func (c call) programSettings() programSettings {
	p := programSettings{Program: c.key.Program, Origins: c.server.origins.Of(c.key.Program)}
	if p.Origins == nil {
		p.Origins = []string{}
	}
	return p
}

func showProgram(c call) error { return c.show(c.programSettings()) }

// patchProgram sets what it names of a program: {"origins": ["https://shop.example"]}, the web pages that members' tokens are taken from.
func patchProgram(c call) error {
	if err := c.takes(mediaJSON); err != nil {
		return err
	}
	var origins *[]string
	err := c.fields([]string{"origins"}, "the body does not say what is to be set", func(_ string, value []byte) (string, error) {
		return "a list of origins is expected", json.Unmarshal(value, &origins)
	})
	if err != nil {
		return err
	}
	if origins != nil {
		var act *audit.Act
		if act, err = c.act(); err == nil {
			err = c.server.origins.By(act).Set(c.key.Program, *origins)
		}
	}
	var invalid *tokens.InvalidError
	if errors.As(err, &invalid) {
		return refuse("invalid_body", "such origins cannot be had", invalid.Errors...)
	}
	if err != nil {
		return err
	}
	return c.write(http.StatusOK, c.programSettings())
}
