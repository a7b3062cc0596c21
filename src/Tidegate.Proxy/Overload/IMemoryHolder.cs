namespace Tidegate.Proxy.Overload;

/// <summary>Somebody who holds memory, and can be ended for it.</summary>
internal interface IMemoryHolder
{
    /// <summary>What is free when it ends, in bytes: what its peer can make more of at will.</summary>
    long HeldBytes { get; }

    /// <summary>Ends it because it holds too much while there is none for others.</summary>
    void Shed();
}
