// Package begun is the book of commands that the agent has begun in containers, users' and probes': which of them are
// not known to have ended, also after an agent that was killed.
//
// The Engine ends no command by itself when the one who asked for it is gone. So each is written down before it runs, and
// struck out when it has ended. What nobody holds any more (its asker left and it could not be ended at once, or a former
// agent had it) is lost: [Book.Run] tries to end it until that succeeds.
//
// A note is a small file that is never synced: it has to outlive the agent, and a machine that goes down takes the
// command along.
package begun
