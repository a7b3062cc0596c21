namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>What a global limit remembers of one exchange: what its answer is to have.</summary>
internal sealed class GlobalRateLimitState : IFilterState
{
    /// <summary>Fields that the service wants on an answer that is not a refusal.</summary>
    public List<(byte[] Name, byte[] Value)> Fields { get; } = [];

    /// <summary>The limit that is nearest; null when none is told.</summary>
    public LimitStanding? Standing { get; set; }

    /// <summary>Whether the request is over a limit.</summary>
    public bool IsOver { get; set; }

    /// <summary>Whether it was refused for that.</summary>
    public bool IsRefused { get; set; }

    /// <inheritdoc/>
    public void Reset()
    {
        Fields.Clear();
        Standing = null;
        IsOver = false;
        IsRefused = false;
    }
}
