namespace Tidegate.Running;

/// <summary>Somebody wants the gateway to end.</summary>
/// <param name="Reason">Who, and how, for the event log.</param>
/// <param name="AcceptsMeanwhile">
/// Whether load balancers learn of it only now, as of a pod that is taken away, so that new connections are accepted for the minimum drain. False: a person asked for it.
/// </param>
internal sealed record EndRequest(string Reason, bool AcceptsMeanwhile);
