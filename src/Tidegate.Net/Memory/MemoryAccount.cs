namespace Tidegate.Net.Memory;

/// <summary>What one loop holds of the <see cref="MemoryBudget"/>. Charged by the loop alone, without a lock; read by all.</summary>
public sealed class MemoryAccount
{
    private readonly MemoryBudget _budget;
    private long _bytes;

    internal MemoryAccount(MemoryBudget budget) => _budget = budget;

    /// <summary>How many bytes the loop holds.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>How full the budget of all loops is.</summary>
    public MemoryPressure Pressure => _budget.Pressure;

    /// <summary>How many bytes more all loops hold than where this level begins.</summary>
    public long BytesAbove(MemoryPressure level) => _budget.BytesAbove(level);

    /// <summary>So many bytes more are held; less than 0: so many were given back.</summary>
    public void Charge(long bytes) => Volatile.Write(ref _bytes, _bytes + bytes);
}
