namespace Tidegate.Proxy.Filters;

/// <summary>What one filter remembers of one exchange (<see cref="FilterRun.StateOf{T}"/>). Used again for the next exchange of the same stream.</summary>
internal interface IFilterState
{
    /// <summary>The exchange is over: gives back what it holds, and is as new.</summary>
    void Reset();
}
