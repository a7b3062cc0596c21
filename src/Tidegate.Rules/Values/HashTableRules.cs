namespace Tidegate.Rules.Values;

/// <summary>How large the tables of consistent load balancing may be (Envoy: <c>RingHashLbConfig</c>, <c>MaglevLbConfig</c>). Each check gives null, or what is wrong.</summary>
public static class HashTableRules
{
    /// <summary>The largest ring.</summary>
    public const ulong MaxRingSize = 8 * 1024 * 1024;

    /// <summary>The largest Maglev table.</summary>
    public const ulong MaxMaglevSize = 5_000_011;

    /// <summary>The size of a ring, at least or at most.</summary>
    public static string? CheckRingSize(ulong size) => size <= MaxRingSize ? null : $"a ring of {size} is larger than {MaxRingSize}";

    /// <summary>The size of a Maglev table: a prime number.</summary>
    public static string? CheckMaglevSize(ulong size) => size <= MaxMaglevSize && IsPrime(size) ? null : $"a table of {size} cannot be: its size is a prime number up to {MaxMaglevSize}";

    /// <summary>Whether a number has no divisor but 1 and itself.</summary>
    public static bool IsPrime(ulong number)
    {
        for (ulong divisor = 2; divisor * divisor <= number; divisor++)
        {
            if (number % divisor == 0)
            {
                return false;
            }
        }

        return number >= 2;
    }
}
