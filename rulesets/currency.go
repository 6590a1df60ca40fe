package rulesets

import (
	"slices"
	"strings"

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
	var all []string
	for digits, codes := range currencies {
		if slices.Contains(codes, code) {
			return digits
		}
		all = append(all, codes...)
	}
	b.Node(b.root.Values["currency"], expression.DidYouMean(code, all), "there is no currency %q", code)
	return 2
}
