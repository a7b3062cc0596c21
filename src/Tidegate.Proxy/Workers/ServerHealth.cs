namespace Tidegate.Proxy.Workers;

/// <summary>Whether load balancers in front may send more; set by control threads, read by workers.</summary>
internal sealed class ServerHealth
{
    private volatile bool _isFailing;
    private volatile bool _isEnding;

    /// <summary>Whether it is denied by hand (Envoy: <c>/healthcheck/fail</c> and <c>/healthcheck/ok</c>).</summary>
    public bool IsFailing
    {
        get => _isFailing;
        set => _isFailing = value;
    }

    /// <summary>Whether the gateway was told to end.</summary>
    public bool IsEnding
    {
        get => _isEnding;
        set => _isEnding = value;
    }

    /// <summary>Whether they are to send no more: clients are told with each answer.</summary>
    public bool IsDenied => _isFailing || _isEnding;
}
