using System.Runtime.InteropServices;
using Tidegate.Running;

namespace Tidegate.Composition;

/// <summary>
/// What signals do: SIGTERM and SIGINT ask for a gentle end, and a second one ends the process where it is; SIGHUP and SIGUSR1 open the logs anew, and nothing else.
/// </summary>
internal sealed class ProcessSignals : IDisposable
{
    private const PosixSignal SigUsr1 = (PosixSignal)10;

    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Begins to listen to them.</summary>
    /// <param name="tryEnd">Asks for the end; false when that was asked for before.</param>
    /// <param name="reopenLogs">Opens the logs anew.</param>
    public ProcessSignals(Func<EndRequest, bool> tryEnd, Action reopenLogs)
    {
        void End(PosixSignalContext context) =>
            context.Cancel = tryEnd(new EndRequest($"{context.Signal} was received", AcceptsMeanwhile: context.Signal == PosixSignal.SIGTERM)); // else: as without us

        void Reopen(PosixSignalContext context)
        {
            context.Cancel = true;
            reopenLogs();
        }

        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, End),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, End),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Reopen),
            PosixSignalRegistration.Create(SigUsr1, Reopen),
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
