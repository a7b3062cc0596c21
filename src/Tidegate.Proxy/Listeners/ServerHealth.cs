namespace Tidegate.Proxy.Listeners;

/// <summary>Whether the gateway's health is denied by hand (Envoy: <c>/healthcheck/fail</c> and <c>/healthcheck/ok</c>); set by control threads, read by workers.</summary>
internal sealed class ServerHealth
{
    private volatile bool _isFailing;

    /// <summary>Whether it is denied.</summary>
    public bool IsFailing
    {
        get => _isFailing;
        set => _isFailing = value;
    }
}
