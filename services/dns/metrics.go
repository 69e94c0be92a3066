package dns

import (
	"time"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
)

// countReplies makes the counter of replies by response code.
func countReplies(reg prometheus.Registerer) func(rcode int) {
	replies := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "clocker_dns_replies_total", Help: "Replies to DNS questions, by response code.",
	}, []string{"rcode"})
	for _, rcode := range []int{dns.RcodeSuccess, dns.RcodeNameError, dns.RcodeServerFailure,
		dns.RcodeRefused, dns.RcodeNotImplemented, dns.RcodeFormatError} {
		replies.WithLabelValues(dns.RcodeToString[rcode])
	}
	if reg != nil {
		reg.MustRegister(replies)
	}
	return func(rcode int) { replies.WithLabelValues(dns.RcodeToString[rcode]).Inc() }
}

// measureAge makes the gauge of how old the zone may be.
func measureAge(reg prometheus.Registerer, age func() time.Duration) {
	if reg == nil {
		return
	}
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "clocker_dns_data_age_seconds", Help: "Time since ipam last confirmed or changed what is answered.",
	}, func() float64 { return age().Seconds() }))
}
