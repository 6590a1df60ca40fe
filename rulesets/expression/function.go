package expression

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// function is one function of the language.
type function struct {
	usage    string
	min, max int // number of arguments; max 0: any number
	compile  func(*compiler, ast.Node, []ast.Node) operand
}

var functions map[string]function

// init breaks the cycle between the table and what compiles arguments.
func init() {
	functions = map[string]function{
		"sum":          {"sum(list, value)", 1, 2, (*compiler).sum},
		"count":        {"count(list, condition)", 2, 2, (*compiler).count},
		"any":          {"any(list, condition)", 2, 2, (*compiler).any},
		"all":          {"all(list, condition)", 2, 2, (*compiler).every},
		"none":         {"none(list, condition)", 2, 2, (*compiler).none},
		"min":          {"min(a, b)", 1, 0, extreme(-1)},
		"max":          {"max(a, b)", 1, 0, extreme(+1)},
		"abs":          {"abs(x)", 1, 1, rounding(decimal.Wide.Abs)},
		"floor":        {"floor(x)", 1, 1, rounding(exact(decimal.Wide.Floor))},
		"ceil":         {"ceil(x)", 1, 1, rounding(exact(decimal.Wide.Ceil))},
		"round":        {"round(x)", 1, 1, rounding(exact(decimal.Wide.Round))},
		"len":          {"len(list)", 1, 1, (*compiler).length},
		"lower":        {"lower(text)", 1, 1, (*compiler).lower},
		"has":          {"has(field)", 1, 1, (*compiler).has},
		"days_between": {"days_between(a, b)", 2, 2, (*compiler).daysBetween},
		"age":          {"age(date)", 1, 1, (*compiler).age},
		"month":        {"month(date)", 1, 1, datePart(func(_, m, _ int) int { return m })},
		"day":          {"day(date)", 1, 1, datePart(func(_, _, d int) int { return d })},
		"bucket":       {`bucket("salt")`, 1, 1, (*compiler).bucket},
	}
}

func (c *compiler) call(n ast.Node, name string, args []ast.Node) operand {
	fn, ok := functions[name]
	if !ok {
		hint := replacements[name]
		if hint == "" {
			all := slices.Sorted(maps.Keys(functions))
			hint = cmp.Or(DidYouMean(name, all), "there is: "+strings.Join(all, ", "))
		}
		at := n.Location()
		return c.fail(at, "there is no function "+name, hint)
	}
	if len(args) < fn.min || fn.max > 0 && len(args) > fn.max {
		return c.fail(n.Location(), fmt.Sprintf("%s does not take %s", name, counted(len(args), "argument")), "write "+fn.usage)
	}
	return fn.compile(c, n, args)
}

// counted is a number of things: "1 argument", "no arguments".
func counted(n int, thing string) string {
	switch n {
	case 0:
		return "no " + thing + "s"
	case 1:
		return "1 " + thing
	default:
		return strconv.Itoa(n) + " " + thing + "s"
	}
}

// each compiles a list and, inside of it, a predicate or value for each item.
func (c *compiler) each(args []ast.Node, t Type, message string) (rows list, depth int, item operand) {
	l := c.want(args[0], List, "the first argument is a list")
	if l.typ == Unknown {
		return nil, 0, operand{}
	}
	depth = len(c.rows)
	if depth >= MaxPredicates {
		return nil, 0, operand{} // audit has said so
	}
	c.rows = append(c.rows, l.items)
	before := len(c.known)
	if len(args) == 2 {
		item = c.want(args[1].(*ast.PredicateNode).Node, t, message)
	} else {
		item = c.scalarItem(args[0])
	}
	c.rows, c.known = c.rows[:depth], c.known[:before]
	return l.list, depth, item
}

// scalarItem is the item itself, for sum(event.scores).
func (c *compiler) scalarItem(n ast.Node) operand {
	schema := c.rows[len(c.rows)-1]
	if f := schema.Field(""); f == nil || typeOf(f.Type) != Number {
		return c.fail(span(n), "sum needs numbers", "write what to add: sum(event.items, .price)")
	}
	return c.item([]segment{{"#", n.Location()}})
}

// scan asks visit about the items of rows until it says stop. Facts.Item is left as it was, so that an audience's
// predicate inside another predicate does no harm.
func scan(f *engine.Facts, rows *event.List, depth, steps int, visit func(*engine.Facts) bool, stop bool) bool {
	if rows == nil {
		return false
	}
	saved := f.Item[depth]
	found := false
	f.Item[depth].List = rows
	for row := 0; row < rows.Rows && !found && f.Spend(steps); row++ {
		f.Item[depth].Row = row
		found = visit(f) == stop
	}
	f.Item[depth] = saved
	return found
}

// textPerStep is how many bytes of a text are looked at in a step.
const textPerStep = 16

// stepsOf is how many steps an expression takes each time that it is evaluated, what is in its lists aside: one for about four
// operators, names and values.
func stepsOf(n ast.Node) int {
	nodes := 0
	var count func(ast.Node)
	count = func(n ast.Node) {
		nodes++
		for _, c := range children(n) {
			count(c)
		}
	}
	count(n)
	return 1 + nodes/4
}

const wantCondition = "the predicate must be true or false"

func (c *compiler) any(_ ast.Node, args []ast.Node) operand { return c.quantified(args, true, true) }

func (c *compiler) none(_ ast.Node, args []ast.Node) operand { return c.quantified(args, true, false) }

func (c *compiler) every(_ ast.Node, args []ast.Node) operand {
	return c.quantified(args, false, false)
}

// quantified is `outcome` where an item was found whose predicate is stop, else the opposite.
func (c *compiler) quantified(args []ast.Node, stop, outcome bool) operand {
	rows, depth, item := c.each(args, Boolean, wantCondition)
	if item.typ == Unknown {
		return operand{}
	}
	visit, steps := item.cond, stepsOf(args[1])
	return condOperand(func(f *engine.Facts) bool { return scan(f, rows(f), depth, steps, visit, stop) == outcome })
}

func (c *compiler) count(_ ast.Node, args []ast.Node) operand {
	rows, depth, item := c.each(args, Boolean, wantCondition)
	if item.typ == Unknown {
		return operand{}
	}
	matches, steps := item.cond, stepsOf(args[1])
	return whole(func(f *engine.Facts) int {
		in := rows(f)
		if in == nil {
			return 0
		}
		n, saved := 0, f.Item[depth]
		f.Item[depth].List = in
		for row := range in.Rows {
			if !f.Spend(steps) {
				break
			}
			f.Item[depth].Row = row
			if matches(f) {
				n++
			}
		}
		f.Item[depth] = saved
		return n
	})
}

func (c *compiler) sum(_ ast.Node, args []ast.Node) operand {
	rows, depth, item := c.each(args, Number, "sum adds numbers")
	if item.typ == Unknown {
		return operand{}
	}
	value, steps := item.number, stepsOf(args[len(args)-1])
	return numberOperand(func(f *engine.Facts) (total decimal.Wide) {
		in := rows(f)
		if in == nil {
			return total
		}
		saved := f.Item[depth]
		f.Item[depth].List = in
		for row := range in.Rows {
			if !f.Spend(steps) {
				break
			}
			f.Item[depth].Row = row
			next, err := total.Add(value(f))
			if err != nil {
				f.Fail(err)
			}
			total = next
		}
		f.Item[depth] = saved
		return total
	})
}

// extreme is the smallest (-1) or largest (+1) of its arguments.
func extreme(sign int) func(*compiler, ast.Node, []ast.Node) operand {
	return func(c *compiler, _ ast.Node, args []ast.Node) operand {
		numbers := make([]number, len(args))
		known := true
		for i, n := range args {
			o := c.want(n, Number, "min and max compare numbers")
			numbers[i], known = o.number, known && o.typ != Unknown
		}
		if !known {
			return operand{}
		}
		return numberOperand(func(f *engine.Facts) decimal.Wide {
			best := numbers[0](f)
			for _, n := range numbers[1:] {
				if w := n(f); w.Cmp(best) == sign {
					best = w
				}
			}
			return best
		})
	}
}

func exact(round func(decimal.Wide) decimal.Wide) func(decimal.Wide) (decimal.Wide, error) {
	return func(w decimal.Wide) (decimal.Wide, error) { return round(w), nil }
}

func rounding(operate func(decimal.Wide) (decimal.Wide, error)) func(*compiler, ast.Node, []ast.Node) operand {
	return func(c *compiler, _ ast.Node, args []ast.Node) operand {
		o := c.want(args[0], Number, "this function takes a number")
		if o.typ == Unknown {
			return o
		}
		return numberOperand(checkedUnary(operate, o.number))
	}
}

func (c *compiler) length(_ ast.Node, args []ast.Node) operand {
	switch o := c.operand(args[0]); o.typ {
	case Text:
		a := o.text
		return whole(func(f *engine.Facts) int {
			text := a(f)
			f.Spend(len(text) / textPerStep)
			return utf8.RuneCountInString(text)
		})
	case List:
		rows := o.list
		return whole(func(f *engine.Facts) int {
			if in := rows(f); in != nil {
				return in.Rows
			}
			return 0
		})
	case Unknown:
		return operand{}
	default:
		return c.fail(span(args[0]), fmt.Sprintf("len takes a list or text, but this is %s", o.typ), "such as len(event.items)")
	}
}

func (c *compiler) lower(_ ast.Node, args []ast.Node) operand {
	o := c.want(args[0], Text, "lower takes text")
	if o.typ == Unknown {
		return o
	}
	a := o.text
	lower := textOperand(func(f *engine.Facts) string {
		text := a(f)
		f.Spend(len(text) / textPerStep)
		return strings.ToLower(text)
	})
	lower.lowered = a
	return lower
}

// isLower reports whether strings.ToLower(s) is want, without making it.
func isLower(s, want string) bool {
	var encoded [utf8.UTFMax]byte
	for _, r := range s {
		n := utf8.EncodeRune(encoded[:], unicode.ToLower(r))
		if len(want) < n || want[:n] != string(encoded[:n]) {
			return false
		}
		want = want[n:]
	}
	return want == ""
}

func (c *compiler) has(_ ast.Node, args []ast.Node) operand {
	if segments(args[0]) == nil {
		return c.fail(span(args[0]), "has asks whether an optional field was sent", "write has(event.FIELD)")
	}
	o := c.maybe(args[0])
	switch {
	case o.typ == Unknown:
		return operand{}
	case !o.optional:
		return booleanConstant(true)
	}
	has := condOperand(func(f *engine.Facts) bool { return o.value(f).Kind != event.Absent })
	has.safe = true
	return has
}

// day compiles a date: a date, the local date of a time, or a quoted date.
func (c *compiler) date(n ast.Node) date {
	o := c.asDate(c.operand(n), operand{typ: Date})
	switch o.typ {
	case Date:
		return o.date
	case Time:
		at := o.instant
		return func(f *engine.Facts) calendar.Date { return f.Calendar().Zone.Date(at(f)) }
	case Unknown:
		return nil
	default:
		c.fail(span(n), fmt.Sprintf("this must be a date, but it is %s", o.typ), `a date is a field declared as one, or in quotes: "2026-12-31"`)
		return nil
	}
}

func (c *compiler) daysBetween(_ ast.Node, args []ast.Node) operand {
	a, b := c.date(args[0]), c.date(args[1])
	if a == nil || b == nil {
		return operand{}
	}
	return whole(func(f *engine.Facts) int { return int(b(f) - a(f)) })
}

func (c *compiler) age(_ ast.Node, args []ast.Node) operand {
	born := c.date(args[0])
	if born == nil {
		return operand{}
	}
	return whole(func(f *engine.Facts) int { return yearsBetween(born(f), f.Date()) })
}

// yearsBetween is the number of anniversaries of born up to now.
func yearsBetween(born, now calendar.Date) int {
	first, _, _ := born.Civil()
	year, _, _ := now.Civil()
	if born.Anniversary(year) > now {
		year--
	}
	return year - first
}

func datePart(part func(year, month, day int) int) func(*compiler, ast.Node, []ast.Node) operand {
	return func(c *compiler, _ ast.Node, args []ast.Node) operand {
		d := c.date(args[0])
		if d == nil {
			return operand{}
		}
		return whole(func(f *engine.Facts) int { return part(d(f).Civil()) })
	}
}

func (c *compiler) bucket(_ ast.Node, args []ast.Node) operand {
	salt, constant := args[0].(*ast.StringNode)
	if !constant {
		return c.fail(span(args[0]), "the salt of bucket is a text in quotes", `write bucket("name_of_the_experiment")`)
	}
	prefix := salt.Value + "\x00"
	return whole(func(f *engine.Facts) int { return Bucket(prefix, memberID(f)) })
}

// Bucket is a member's place from 0 to 99 in an experiment: the first eight bytes of the SHA-256 of prefix (the salt and a
// NUL) and id, as a big-endian number modulo 100. It is the same for ever.
func Bucket(prefix, id string) int {
	var buffer [256]byte
	sum := sha256.Sum256(append(append(buffer[:0], prefix...), id...))
	return int(binary.BigEndian.Uint64(sum[:8]) % 100)
}
