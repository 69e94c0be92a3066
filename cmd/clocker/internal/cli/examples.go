package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// examples are what a person may type of each command. A test reads each as a command line.
var examples = map[string][]string{
	"apps":         {"clocker apps", "clocker apps -q | xargs -n1 clocker explain"},
	"audit export": {"clocker audit export events.log", "clocker audit export later.log --from 1200"},
	"audit import": {"clocker audit import events.log"},
	"audit replay": {"clocker audit replay --check"},
	"audit verify": {"clocker audit verify", "clocker audit verify --file events.log"},
	"certs rotate": {"clocker certs rotate", "clocker certs rotate --ca"},
	"cloud create": {"clocker cloud create lab --location localhost --max-containers 50 --strategy BreadthFirst"},
	"cloud ls":     {"clocker cloud ls"},
	"cloud rm":     {"clocker cloud rm lab"},
	"cloud set": {
		"clocker cloud set lab --max-containers 100",
		"clocker cloud set lab --strategy MaxContainers:maxContainers=8 --strategy DepthFirst",
	},
	"cloud show": {"clocker cloud show my-docker-cloud"},
	"completion": {"source <(clocker completion bash)"},
	"cordon":     {"clocker cordon localhost"},
	"ctx add": {
		"clocker ctx add prod --url https://clocker.example.com:8080 --ca ca.pem --token-file ~/.prod-token --use",
		"clocker ctx add lab --url http://127.0.0.1:18080 --token-stdin < token",
	},
	"ctx ls":             {"clocker ctx ls"},
	"ctx rm":             {"clocker ctx rm prod"},
	"ctx use":            {"clocker ctx use prod", "clocker ctx use local"},
	"dead-letters drop":  {"clocker dead-letters drop policy/123"},
	"dead-letters ls":    {"clocker dead-letters ls"},
	"dead-letters retry": {"clocker dead-letters retry policy/123 policy/124", "clocker dead-letters retry --all"},
	"dead-letters show":  {"clocker dead-letters show policy/123"},
	"delete":             {"clocker delete shop", "clocker delete shop --yes --wait"},
	"deploy": {
		"clocker deploy shop.yaml --wait",
		"clocker deploy shop.yaml --context .",
		"clocker deploy shop.yaml --dry-run",
		"sed s/shop/stage/ shop.yaml | clocker deploy -",
	},
	"diff":   {"clocker diff shop.yaml", "clocker diff shop.yaml --exit-code || clocker deploy shop.yaml"},
	"dns":    {"clocker dns shop", "clocker dns web.shop.clocker.internal"},
	"doctor": {"clocker doctor", "clocker doctor --verbose"},
	"down":   {"clocker down"},
	"events": {
		"clocker events",
		"clocker events -f --application shop",
		"clocker events --type container.failed,container.restarted --from 1200",
	},
	"exec": {
		"clocker exec -it shop/web/0 -- sh",
		"clocker exec shop/web/0 -- cat /etc/hosts",
		"clocker exec -i shop/store/0 -- sh -c 'cat > /data/dump' < dump",
	},
	"explain":           {"clocker explain shop/web/0", "clocker explain shop"},
	"help":              {"clocker help deploy", "clocker help exit-codes"},
	"hosts":             {"clocker hosts", "clocker hosts -o wide"},
	"images":            {"clocker images"},
	"inspect":           {"clocker inspect shop", "clocker inspect shop/web/0", "clocker inspect shop/web/0 -o json"},
	"logs":              {"clocker logs shop -f --since 10m", "clocker logs shop/web --tail 20 --timestamps", "clocker logs shop/web/0"},
	"man":               {"clocker man /usr/local/share/man/man1"},
	"network ls":        {"clocker network ls"},
	"network show":      {"clocker network show shop"},
	"operations":        {"clocker operations", "clocker operations --application shop --state running"},
	"operations cancel": {"clocker operations cancel op-fb27pgm3z4y5a5 --wait"},
	"operations ls":     {"clocker operations ls --kind deploy"},
	"operations show":   {"clocker operations show op-fb27pgm3z4y5a5"},
	"ps":                {"clocker ps", "clocker ps shop -o wide", "clocker ps -q | xargs -n1 clocker inspect"},
	"restart":           {"clocker restart shop/web/0", "clocker restart shop --wait"},
	"scale":             {"clocker scale shop/web=3 --wait"},
	"setup":             {"CLOCKER_DATA=/var/lib/clocker clocker setup"},
	"setup print":       {"clocker setup print token"},
	"setup password":    {"clocker setup password clocker_ipam"},
	"token create":      {"clocker token create ci --role deployer --expires 720h"},
	"token ls":          {"clocker token ls"},
	"token revoke":      {"clocker token revoke v7eyzgvwa5"},
	"top":               {"clocker top", "clocker top shop --sort memory", "clocker top --once -o json"},
	"trace":             {"clocker trace shop/web/0", "clocker trace 123"},
	"uncordon":          {"clocker uncordon localhost"},
	"up":                {"clocker up", "clocker up --detach", "CLOCKER_LISTEN=127.0.0.1:18080 clocker up"},
	"validate":          {"clocker validate shop.yaml", "clocker validate --format gcc blueprints/*.yaml", "clocker validate --explain bad-size"},
	"version":           {"clocker version"},
}

// addExamples gives each command its own.
func addExamples(root *cobra.Command) error {
	for path, lines := range examples {
		c, rest, err := root.Find(strings.Fields(path))
		if err != nil || len(rest) > 0 {
			return fmt.Errorf("examples of %s: there is no such command", path)
		}
		c.Example = "  " + strings.Join(lines, "\n  ")
	}
	return nil
}
