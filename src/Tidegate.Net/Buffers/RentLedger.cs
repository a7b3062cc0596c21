using System.Runtime.CompilerServices;

namespace Tidegate.Net.Buffers;

/// <summary>Remembers where each buffer that is out was rented.</summary>
internal sealed class RentLedger
{
    private readonly Dictionary<byte[], string> _rents = new(ByReference.Instance);

    internal IReadOnlyCollection<string> Outstanding => _rents.Values;

    internal void Add(byte[] buffer) => _rents.Add(buffer, Environment.StackTrace);

    internal void Remove(byte[] buffer)
    {
        if (!_rents.Remove(buffer))
        {
            throw new InvalidOperationException("The buffer is not rented from this pool: returned twice, or not from here.");
        }
    }

    private sealed class ByReference : IEqualityComparer<byte[]>
    {
        internal static readonly ByReference Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => ReferenceEquals(x, y);

        public int GetHashCode(byte[] obj) => RuntimeHelpers.GetHashCode(obj);
    }
}
