package expression

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

type wideOperation = func(a, b decimal.Wide) (decimal.Wide, error)

var arithmetic = map[string]wideOperation{
	"+": decimal.Wide.Add, "-": decimal.Wide.Sub, "*": decimal.Wide.Mul, "/": decimal.Wide.Div, "%": decimal.Wide.Rem,
}

func (c *compiler) binary(n *ast.BinaryNode) operand {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logic(n)
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(n)
	case "in":
		return c.membership(n)
	case "matches":
		return c.matches(n)
	case "??":
		return c.coalesce(n, false)
	default:
		return c.calculation(n)
	}
}

func (c *compiler) logic(n *ast.BinaryNode) operand {
	and := n.Operator == "and" || n.Operator == "&&"
	l := c.want(n.Left, Boolean, n.Operator+" joins conditions")
	before := len(c.known)
	c.known = append(c.known, c.proves(n.Left, and)...)
	r := c.want(n.Right, Boolean, n.Operator+" joins conditions")
	c.known = c.known[:before]
	if l.typ == Unknown || r.typ == Unknown {
		return operand{}
	}
	a, b := l.cond, r.cond
	c.conds[n.Left], c.conds[n.Right] = a, b
	o := condOperand(func(f *engine.Facts) bool { return a(f) || b(f) })
	if and {
		o.cond = func(f *engine.Facts) bool { return a(f) && b(f) }
	}
	o.safe, o.clauses = l.safe && r.safe, joinedClauses(and, l, r)
	return o
}

func (c *compiler) calculation(n *ast.BinaryNode) operand {
	operate := arithmetic[n.Operator]
	l := c.want(n.Left, Number, n.Operator+" needs numbers")
	r := c.want(n.Right, Number, n.Operator+" needs numbers")
	if l.typ == Unknown || r.typ == Unknown {
		return operand{}
	}
	if r.literal != nil && (l.literal != nil || r.literal.Sign() == 0) {
		var left decimal.Wide
		if l.literal != nil {
			left = *l.literal
		}
		w, err := operate(left, *r.literal)
		if err != nil {
			return c.fail(span(n), "this always fails: "+err.Error(), "check the numbers: the largest is 10^26")
		}
		if l.literal != nil {
			return numberConstant(w)
		}
	}
	a, b := l.number, r.number
	return numberOperand(func(f *engine.Facts) decimal.Wide {
		w, err := operate(a(f), b(f))
		if err != nil {
			f.Fail(err)
		}
		return w
	})
}

func checkedUnary(operate func(decimal.Wide) (decimal.Wide, error), a number) number {
	return func(f *engine.Facts) decimal.Wide {
		w, err := operate(a(f))
		if err != nil {
			f.Fail(err)
		}
		return w
	}
}

func (c *compiler) comparison(n *ast.BinaryNode) operand {
	l, r := c.asDates(c.operand(n.Left), c.operand(n.Right))
	if l.typ == Unknown || r.typ == Unknown {
		return operand{}
	}
	if l.typ != r.typ {
		return c.fail(span(n), fmt.Sprintf("%s cannot be compared with %s", l.typ, r.typ), unlike(l.typ, r.typ))
	}
	c.option(l, r)
	c.option(r, l)
	o := c.compared(n, l, r)
	if o.safe = l.safe && r.safe; o.safe {
		o.clauses = comparedClauses(n.Operator, l, r)
	}
	return o
}

// unlike is how values of two types are compared after all, "" where that makes no sense.
func unlike(a, b Type) string {
	if a > b {
		a, b = b, a
	}
	switch {
	case a == Number && b == Text:
		return "numbers stand without quotes, text in quotes"
	case b == Date || b == Time:
		return `a date stands in quotes: "2026-12-31"; parts of it are month(date), day(date) and age(date)`
	case a == Boolean:
		return "write it alone, or with not before it"
	case b == List:
		return "ask about its items: any(list, …), or how many: len(list)"
	}
	return ""
}

func (c *compiler) compared(n *ast.BinaryNode, l, r operand) operand {
	equality := n.Operator == "==" || n.Operator == "!="
	switch l.typ {
	case Number:
		return condOperand(ordered(n.Operator, compareNumbers(l, r)))
	case Date:
		a, b := l.date, r.date
		return condOperand(ordered(n.Operator, func(f *engine.Facts) int { return cmp.Compare(a(f), b(f)) }))
	case Time:
		a, b := l.instant, r.instant
		return condOperand(ordered(n.Operator, func(f *engine.Facts) int { return cmp.Compare(a(f), b(f)) }))
	case Text:
		if equality {
			return condOperand(equalTexts(l, r, n.Operator == "=="))
		}
		return c.fail(n.Location(), "text has no order", "compare with ==, != or in")
	case Boolean:
		if equality {
			a, b, want := l.cond, r.cond, n.Operator == "=="
			return condOperand(func(f *engine.Facts) bool { return (a(f) == b(f)) == want })
		}
	}
	if l.typ == List {
		return c.fail(n.Location(), "a list cannot be compared", unlike(l.typ, l.typ))
	}
	return c.fail(n.Location(), fmt.Sprintf("%s cannot be compared with %s", l.typ, n.Operator), "compare with == or !=")
}

// ordered is what an operator makes of a comparison's sign.
func ordered(operator string, sign func(*engine.Facts) int) cond {
	switch operator {
	case "==":
		return func(f *engine.Facts) bool { return sign(f) == 0 }
	case "!=":
		return func(f *engine.Facts) bool { return sign(f) != 0 }
	case "<":
		return func(f *engine.Facts) bool { return sign(f) < 0 }
	case "<=":
		return func(f *engine.Facts) bool { return sign(f) <= 0 }
	case ">":
		return func(f *engine.Facts) bool { return sign(f) > 0 }
	default:
		return func(f *engine.Facts) bool { return sign(f) >= 0 }
	}
}

// compareNumbers spares the wide arithmetic where a stored number meets a constant.
func compareNumbers(l, r operand) func(*engine.Facts) int {
	if l.value != nil && r.constant != nil {
		a, b := l.value, r.constant.Number()
		return func(f *engine.Facts) int { return cmp.Compare(a(f).Number(), b) }
	}
	a, b := l.number, r.number
	return func(f *engine.Facts) int { return a(f).Cmp(b(f)) }
}

func equalTexts(l, r operand, want bool) cond {
	if l.constant != nil {
		l, r = r, l
	}
	if r.constant != nil && l.lowered != nil {
		a, b := l.lowered, r.constant.Text()
		return func(f *engine.Facts) bool { return isLower(a(f), b) == want }
	}
	if r.constant != nil {
		a, b := l.text, r.constant.Text()
		return func(f *engine.Facts) bool { return (a(f) == b) == want }
	}
	a, b := l.text, r.text
	return func(f *engine.Facts) bool { return (a(f) == b(f)) == want }
}

// option checks that a constant text is one that the other side can be.
func (c *compiler) option(o, constant operand) {
	if o.options == nil || constant.constant == nil || slices.Contains(o.options, constant.constant.Text()) {
		return
	}
	word := constant.constant.Text()
	c.fail(span(constant.node), fmt.Sprintf("there is no %s %q", o.optionsOf, word), DidYouMean(word, known(o.options)))
}

func known(options []string) []string {
	return slices.DeleteFunc(slices.Clone(options), func(s string) bool { return s == "" })
}

// asDates takes a quoted date for a date where the other side is one, and for an instant where it is a time.
func (c *compiler) asDates(l, r operand) (operand, operand) {
	return c.asDate(l, r), c.asDate(r, l)
}

func (c *compiler) asDate(o, other operand) operand {
	if o.typ != Text || o.constant == nil || other.typ != Date && other.typ != Time {
		return o
	}
	s := o.constant.Text()
	d, err := calendar.ParseDate(s)
	c.dates[o.node.Location().From] = true
	switch {
	case err == nil && other.typ == Date:
		out := dateConstant(d)
		out.node = o.node
		return out
	case err == nil:
		return operand{typ: Time, node: o.node, instant: func(f *engine.Facts) calendar.Instant { return f.Calendar().Zone.Start(d) }}
	}
	if at, err := calendar.ParseInstant(s); err == nil && other.typ == Time {
		return operand{typ: Time, node: o.node, instant: func(*engine.Facts) calendar.Instant { return at }}
	}
	advice := `write it as "2026-12-31"`
	if other.typ == Time {
		advice += `, or with a time and its offset: "2026-12-31T18:00:00+01:00"`
	}
	return c.fail(span(o.node), fmt.Sprintf("%q is not a date", s), advice)
}

// coalesce is the left value where it is present, else the right one. The result may be absent only where absent says so.
func (c *compiler) coalesce(n *ast.BinaryNode, absent bool) operand {
	l := c.maybe(n.Left)
	if array, ok := n.Right.(*ast.ArrayNode); ok {
		return c.orEmpty(n, l, array)
	}
	r := operand{}
	if absent {
		r = c.maybe(n.Right)
	} else {
		r = c.operand(n.Right)
	}
	l, r = c.asDates(l, r)
	if l.typ == Unknown || r.typ == Unknown {
		return operand{}
	}
	if l.typ != r.typ {
		return c.fail(span(n.Right), fmt.Sprintf("the default must be %s, but this is %s", l.typ, r.typ), "after ?? stands what counts where the field was not sent")
	}
	c.option(l, r)
	if !l.optional {
		return l
	}
	a, b := l.value, r.value
	o := either(func(f *engine.Facts) bool { return a(f).Kind != event.Absent }, l, r)
	o.options, o.optionsOf = l.options, l.optionsOf
	if r.optional {
		o.optional = true
		o.value = func(f *engine.Facts) event.Value {
			if v := a(f); v.Kind != event.Absent {
				return v
			}
			return b(f)
		}
	}
	return o
}

// orEmpty is `LIST ?? []`.
func (c *compiler) orEmpty(n *ast.BinaryNode, l operand, array *ast.ArrayNode) operand {
	switch {
	case l.typ == Unknown:
		return operand{}
	case l.typ != List:
		return c.fail(span(n.Right), fmt.Sprintf("the default must be %s, but this is a list", l.typ), "after ?? stands what counts where the field was not sent")
	case len(array.Nodes) > 0:
		return c.fail(span(n.Right), "the default of a list is the empty list", "write []")
	}
	return operand{typ: List, list: l.list, items: l.items} // an absent list has no rows
}

func (c *compiler) matches(n *ast.BinaryNode) operand {
	l := c.want(n.Left, Text, "matches looks at text")
	pattern, constant := n.Right.(*ast.StringNode)
	if !constant {
		return c.fail(span(n.Right), "the pattern must be a text in quotes", `such as "^A-[0-9]+$"`)
	}
	re, err := regexp.Compile(pattern.Value)
	size := 0
	if err == nil {
		size, err = PatternSize(pattern.Value)
	}
	if err != nil {
		return c.fail(n.Right.Location(), "this pattern cannot be read: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "),
			"patterns are those of RE2: no look-ahead, no references to what was found before")
	}
	if l.typ == Unknown {
		return l
	}
	a := l.text
	return condOperand(func(f *engine.Facts) bool {
		text := a(f)
		if len(text) > MaxMatched {
			f.Fail(errTooLong)
			return false
		}
		// The work is at most the length of the text times the size of the pattern; one step does about eight of that.
		return f.Spend(1+len(text)*size/8) && re.MatchString(text)
	})
}

// MaxMatched is how many bytes of text `matches` looks at. What is longer is no code or name, and patterns on it are slow.
const MaxMatched = 1000

var errTooLong = errors.New("matches looks at texts of at most " + strconv.Itoa(MaxMatched) + " bytes")

// PatternSize is the number of instructions that a pattern of matches compiles to: how much work it is on each byte of a text.
func PatternSize(pattern string) (int, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, err
	}
	return len(program.Inst), nil
}

// membership is `x in [constants]` or `x in LIST`.
func (c *compiler) membership(n *ast.BinaryNode) operand {
	l := c.operand(n.Left)
	if array, ok := n.Right.(*ast.ArrayNode); ok {
		return c.inConstants(l, array)
	}
	r := c.want(n.Right, List, "after in stands a list")
	if l.typ == Unknown || r.typ == Unknown {
		return operand{}
	}
	if len(r.items.Fields) != 1 || r.items.Fields[0].Name != "" {
		return c.fail(span(n.Right), "the items of this list have fields", "use any(list, .field == value)")
	}
	if item := typeOf(r.items.Fields[0].Type); item != l.typ {
		return c.fail(span(n), fmt.Sprintf("%s cannot be in a list of which each item is %s", l.typ, item), "compare values of one type")
	}
	o := condOperand(inList(l, r.list))
	o.safe = l.safe && r.safe
	return o
}

func inList(l operand, rows list) cond {
	contains := func(match func(*engine.Facts, event.Value) bool) cond {
		return func(f *engine.Facts) bool {
			in := rows(f)
			if in == nil {
				return false
			}
			for _, v := range in.Cells {
				if match(f, v) {
					return true
				}
			}
			return false
		}
	}
	switch l.typ {
	case Number:
		return contains(func(f *engine.Facts, v event.Value) bool { return l.number(f) == v.Number().Wide() })
	case Text:
		return contains(func(f *engine.Facts, v event.Value) bool { return l.text(f) == v.Text() })
	case Boolean:
		return contains(func(f *engine.Facts, v event.Value) bool { return l.cond(f) == v.Boolean() })
	case Date:
		return contains(func(f *engine.Facts, v event.Value) bool { return l.date(f) == v.Date() })
	default:
		return contains(func(f *engine.Facts, v event.Value) bool { return l.instant(f) == v.Time() })
	}
}

func (c *compiler) inConstants(l operand, array *ast.ArrayNode) operand {
	var texts []string
	var numbers []decimal.Wide
	var dates []calendar.Date
	var values []event.Value
	if len(array.Nodes) == 0 {
		return c.fail(array.Location(), "nothing is in an empty list", "write its values: [1, 2], or delete the condition")
	}
	for _, n := range array.Nodes {
		o := c.asDate(c.operand(n), l)
		switch {
		case o.typ == Unknown || l.typ == Unknown:
			l.typ = Unknown
		case o.constant == nil && o.literal == nil:
			l = c.fail(span(n), "the list after in is made of constants", "join conditions with or")
		case o.typ != l.typ:
			l = c.fail(span(n), fmt.Sprintf("%s cannot be in a list with %s", l.typ, o.typ), "compare values of one type: text in quotes, numbers without")
		case o.typ == Text:
			c.option(l, o)
			texts = append(texts, o.constant.Text())
		case o.typ == Number:
			numbers = append(numbers, *o.literal)
		case o.typ == Date:
			dates = append(dates, o.constant.Date())
		default:
			l = c.fail(span(n), fmt.Sprintf("a list after in cannot have %s", o.typ), "it has texts, numbers or dates")
		}
		if o.constant != nil {
			values = append(values, *o.constant)
		}
	}
	var o operand
	switch l.typ {
	case Text:
		o = condOperand(inTexts(l, texts))
	case Number:
		a := l.number
		o = condOperand(func(f *engine.Facts) bool { return slices.Contains(numbers, a(f)) })
	case Date:
		a := l.date
		o = condOperand(func(f *engine.Facts) bool { return slices.Contains(dates, a(f)) })
	default:
		return operand{}
	}
	if o.safe = l.safe; o.safe && len(values) == len(array.Nodes) {
		o.clauses = memberOf(l, values)
	}
	return o
}

// inTexts scans a few texts and looks many up.
func inTexts(l operand, texts []string) cond {
	a := l.text
	if l.lowered != nil {
		a = l.lowered
		return func(f *engine.Facts) bool {
			s := a(f)
			return slices.ContainsFunc(texts, func(t string) bool { return isLower(s, t) })
		}
	}
	if len(texts) <= 8 {
		return func(f *engine.Facts) bool { return slices.Contains(texts, a(f)) }
	}
	set := make(map[string]bool, len(texts))
	for _, t := range texts {
		set[t] = true
	}
	return func(f *engine.Facts) bool { return set[a(f)] }
}
