// Package tour reads a page of documentation that is to be typed, and types it: into a real shell in a real terminal.
//
// A page's blocks of the kind console hold what is typed, behind the prompt "$ ", and what is printed to it. A comment before a
// block says how a reader would go on where the words around it do:
//
//	<!-- tour: NAME; exit 2; until REGEXP; look; keys q -->
//
// NAME names the picture of the screen that is taken at the end, or at look. exit is how the last command ends, 0 unless
// said. A command that does not end by itself shows what until asks for, and then keys are pressed, named as tmux names them.
//
// In what is printed a line "..." stands for any lines. What no two runs have the same is masked on both sides: masks.go.
//
// Start reading at [Page] and [Terminal].
package tour
