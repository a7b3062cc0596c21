namespace Tidegate.RateLimit.Counters;

/// <summary>Hits could not be counted.</summary>
public sealed class CountersUnavailableException : Exception
{
    /// <summary>One without words.</summary>
    public CountersUnavailableException()
    {
    }

    /// <summary>One that says why.</summary>
    public CountersUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>One that another has caused.</summary>
    public CountersUnavailableException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
