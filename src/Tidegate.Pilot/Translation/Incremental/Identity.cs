using System.Runtime.CompilerServices;

namespace Tidegate.Pilot.Translation.Incremental;

/// <summary>A resource as a key: the same only when it is the same instance, however equal its content (records compare by content).</summary>
internal readonly struct Identity<T>(T? value) : IEquatable<Identity<T>>
    where T : class
{
    public T? Value { get; } = value;

    public bool Equals(Identity<T> other) => ReferenceEquals(Value, other.Value);

    public override bool Equals(object? obj) => obj is Identity<T> other && Equals(other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(Value);
}
