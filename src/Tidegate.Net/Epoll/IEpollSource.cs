namespace Tidegate.Net.Epoll;

/// <summary>Something registered with an <see cref="EpollEventLoop"/>.</summary>
internal interface IEpollSource
{
    /// <summary>What the loop calls it in a report of an exception.</summary>
    string Description { get; }

    /// <summary>Whether it stands in the loop's list for the next round; kept by the loop.</summary>
    bool IsDeferred { get; set; }

    /// <summary>The kernel reports readiness.</summary>
    void OnEvents(uint events);

    /// <summary>The round for which it was deferred has come.</summary>
    void OnDeferred();

    /// <summary>A callback threw: gives up without calling its owner.</summary>
    void OnFault();

    /// <summary>The loop stops.</summary>
    void OnLoopStopping();
}
