package rulesets

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// currencies are the codes of ISO 4217 for money that circulates, by the digits of their minor units.
var currencies = map[int][]string{
	0: strings.Fields("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
	2: strings.Fields(`AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
		CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
		KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK
		PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
		USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`),
	3: strings.Fields("BHD IQD JOD KWD LYD OMR TND"),
	4: strings.Fields("CLF UYW"),
}

// currencyDigits is how many digits money has: those of the program's currency, two without one.
func (b *builder) currencyDigits() int {
	code := b.rules.Currency
	if code == "" {
		return 2
	}
	digits, all := digitsOf(code)
	if all != nil {
		b.Node(b.root.Values["currency"], expression.DidYouMean(code, all), "there is no currency %q", code)
	}
	return digits
}

// digitsOf are the digits of a currency; of one that there is not, two, and all that there are.
func digitsOf(code string) (digits int, all []string) {
	for digits, codes := range currencies {
		if slices.Contains(codes, code) {
			return digits, nil
		}
		all = append(all, codes...)
	}
	return 2, all
}

// worth reads what one of some points is worth: of the program's currency where it has one, in as small parts as numbers have.
func (b *builder) worth(n *document.Node) engine.Worth {
	if n == nil {
		return engine.Worth{}
	}
	g := document.Money.Match(n.Text)
	from, to := g.At(2)
	code := g.Get(2)
	if _, all := digitsOf(code); all != nil {
		b.Span(n, from, to, expression.DidYouMean(code, all), "there is no currency %q", code)
	} else if own := b.rules.Currency; own != "" && own != code {
		b.Span(n, from, to, "write "+own, "the program's money is %s, so that sums of both can be told", own)
	}
	amount, err := decimal.Parse(g.Get(1))
	if err != nil {
		b.Node(n, "at most six digits after the point", "%s: %v", n.Text, err)
	} else if amount == 0 {
		b.Node(n, "leave it out", "points that are worth nothing need no worth")
	}
	return engine.Worth{Amount: amount, Currency: code}
}
