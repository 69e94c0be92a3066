package blueprint

// Code names a kind of mistake. It is part of answers and never changes its meaning; docs/errors has a page for each.
type Code string

// The codes, in the order in which a document is looked at.
const (
	NotUTF8          Code = "not-utf8"
	ControlCharacter Code = "control-character"
	TooLarge         Code = "too-large"
	Syntax           Code = "syntax"
	Tab              Code = "tab"
	UnknownAnchor    Code = "unknown-anchor"
	SeveralDocuments Code = "several-documents"
	Empty            Code = "empty"
	AliasLoop        Code = "alias-loop"
	OtherFormat      Code = "other-format"
	OverLimit        Code = "over-limit"
	WrongKind        Code = "wrong-kind"
	BadText          Code = "bad-text"
	BadNumber        Code = "bad-number"
	OutOfRange       Code = "out-of-range"
	DuplicateKey     Code = "duplicate-key"
	UnknownKey       Code = "unknown-key"
	MisplacedKey     Code = "misplaced-key"
	RefusedKey       Code = "refused-key"
	NoID             Code = "no-id"
	BadID            Code = "bad-id"
	IDTaken          Code = "id-taken"
	BadLocation      Code = "bad-location"
	UnknownCloud     Code = "unknown-cloud"
	NoServices       Code = "no-services"
	NoImage          Code = "no-image"
	UnknownType      Code = "unknown-type"
	BadImage         Code = "bad-image"
	BadDockerfile    Code = "bad-dockerfile"
	NoContext        Code = "no-context"
	OutsideContext   Code = "outside-context"
	NotInContext     Code = "not-in-context"
	BadVariable      Code = "bad-variable"
	VariableTwice    Code = "variable-twice"
	BadExpression    Code = "bad-expression"
	ExpressionInText Code = "expression-in-text"
	UnknownCall      Code = "unknown-call"
	BadCall          Code = "bad-call"
	BadFormat        Code = "bad-format"
	UnknownService   Code = "unknown-service"
	UnknownSensor    Code = "unknown-sensor"
	BadLatch         Code = "bad-latch"
	Waits            Code = "waits-for-ever"
	BadPort          Code = "bad-port"
	PortTwice        Code = "port-twice"
	BadVolume        Code = "bad-volume"
	HostBind         Code = "host-bind"
	VolumeTwice      Code = "volume-twice"
	BadSize          Code = "bad-size"
	BadCores         Code = "bad-cores"
	BadTime          Code = "bad-time"
	BadHealthCheck   Code = "bad-health-check"
	HealthPort       Code = "health-port"
	BadCommand       Code = "bad-command"
	BadRestart       Code = "bad-restart"
	UnknownStrategy  Code = "unknown-strategy"
	BadStrategy      Code = "bad-strategy"
	UnknownParameter Code = "unknown-parameter"
	BadNetwork       Code = "bad-network"
	NetworksDiffer   Code = "networks-differ"
	NetworkTooSmall  Code = "network-too-small"
)

// Codes are all codes of mistakes in blueprints.
func Codes() []Code {
	return []Code{
		NotUTF8, ControlCharacter, TooLarge, Syntax, Tab, UnknownAnchor, SeveralDocuments, Empty,
		AliasLoop, OtherFormat, OverLimit, WrongKind, BadText, BadNumber, OutOfRange, DuplicateKey, UnknownKey,
		MisplacedKey, RefusedKey, NoID, BadID, IDTaken, BadLocation, UnknownCloud, NoServices, NoImage,
		UnknownType, BadImage, BadDockerfile, NoContext, OutsideContext, NotInContext, BadVariable,
		VariableTwice, BadExpression, ExpressionInText, UnknownCall, BadCall, BadFormat, UnknownService,
		UnknownSensor, BadLatch, Waits, BadPort, PortTwice, BadVolume, HostBind, VolumeTwice, BadSize,
		BadCores, BadTime, BadHealthCheck, HealthPort, BadCommand, BadRestart, UnknownStrategy,
		BadStrategy, UnknownParameter, BadNetwork, NetworksDiffer, NetworkTooSmall,
	}
}

// Page is where the code is explained: a path of the API, and with .md the file in this repository.
func (c Code) Page() string { return "/docs/errors/" + string(c) }

// absent are mistakes of something that is not there, or not known.
var absent = map[Code]bool{
	Empty: true, NoID: true, NoServices: true, NoImage: true, UnknownService: true, UnknownSensor: true, UnknownAnchor: true,
	HealthPort: true, BadHealthCheck: true, NetworkTooSmall: true,
}
