namespace Tidegate.Net.Memory;

/// <summary>A pool whose unused part can be given back to the garbage collector.</summary>
public interface ITrimmable
{
    /// <summary>Whether more lies ready than is always kept.</summary>
    bool HasExcess { get; }

    /// <summary>Gives back what was not needed at any moment since the last call: half of it, so that memory falls gently, or all of it.</summary>
    void Trim(bool all);
}
