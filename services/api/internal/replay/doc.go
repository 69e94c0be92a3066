// Package replay rebuilds the read model from the log of events alone, and compares it with what the services' views show.
//
// It is pure: records and rows come in, a model and differences go out. A service's state and the outbox row that tells
// of it are one transaction, so in one snapshot of the database the views show exactly what the log and the outbox
// tell, for what the service that owns a row states itself. That sets the bounds: a row, or a column, that changes without an
// event is not in the model. Left out are
//
//   - when something happened, and why (reasons), as times and words differ from those of the event;
//   - a container that is queued, and whether one that is requested has its address already: policy notes both silently.
//     Its Engine's id, which an agent may report anew. Its state while it is failed before it was cleared, because a late
//     image lets it go on silently;
//   - a host before it is ready for the first time, and the epoch, address and size of one that is not ready; whether it is
//     cordoned, before an event has told;
//   - an image that is not ready;
//   - networks, parked containers, shortages: no event tells of them whole; clouds, of which the first is there without one.
//
// Of a log whose beginning was pruned only what the rest tells is compared.
//
// Start reading at [Fold], then compare.go.
package replay
