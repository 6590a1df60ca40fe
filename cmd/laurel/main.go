// Command laurel is the whole product in one binary: the server, and the tools of those who write and run a program.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone          = 0
	exitFailed        = 1 // a check, a test or a threshold failed
	exitChanges       = 2 // plan found changes
	exitUsage         = 3 // bad usage or configuration
	exitNotAuthorised = 4
	exitUnreachable   = 5
	exitInterrupted   = 130
)

// failure is an error with the exit code it ends the process with. An empty message says nothing: what there was to say
// has been printed.
type failure struct {
	code    int
	message string
}

func (f *failure) Error() string { return f.message }

func main() {
	restrictFiles()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var f *failure
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &f):
		if f.message != "" {
			fmt.Fprintln(os.Stderr, "laurel: "+f.message)
		}
		return f.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	default:
		fmt.Fprintln(os.Stderr, "laurel: "+err.Error())
		return exitUsage
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "laurel",
		Short:         "Gamified engagement and loyalty, self-hosted: rules as code, points that add up",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newServe(), newInit(), newCheck(), newTest(), newPlan(), newApply(), newRollback(), newPause(true), newPause(false), newExpand(),
		newSchema(), newExplain(), newReplay(), newImport(), newExport(), newPrograms(),
		newBackup(), newRestore(), newKeys(), newAudit(), newSecrets(), newWebhooks(), newBench(), newDoctor(), newVersion())
	sayArguments(root)
	return root
}

// sayArguments lets a command and those below it say which argument is missing or too much, rather than how many it counts.
func sayArguments(cmd *cobra.Command) {
	if fits := cmd.Args; fits != nil {
		cmd.Args = func(cmd *cobra.Command, given []string) error {
			if fits(cmd, given) == nil {
				return nil
			}
			_, names, _ := strings.Cut(cmd.Use, " ")
			usage := strings.TrimSpace(cmd.CommandPath() + " " + names)
			needed := slices.DeleteFunc(strings.Fields(names), func(name string) bool { return name[0] == '[' })
			if len(given) < len(needed) {
				return &failure{exitUsage, strings.TrimSuffix(needed[len(given)], "…") + " is missing: " + usage}
			}
			return &failure{exitUsage, given[len(given)-1] + " is one argument too many: " + usage}
		}
	}
	for _, below := range cmd.Commands() {
		sayArguments(below)
	}
}
