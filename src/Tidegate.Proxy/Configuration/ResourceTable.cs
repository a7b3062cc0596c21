using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace Tidegate.Proxy.Configuration;

/// <summary>All resources of one kind by name: what is known of each for the config dump, and what it was compiled to.</summary>
internal sealed class ResourceTable<T>(TimeProvider time)
    where T : class
{
    private readonly Dictionary<string, (AppliedResource Applied, T? Value)> _entries = [];

    /// <summary>What each good resource was compiled to.</summary>
    public IEnumerable<T> Values => _entries.Values.Select(static entry => entry.Value).OfType<T>();

    /// <summary>What is known of each, in order of names' first arrival.</summary>
    public IReadOnlyList<AppliedResource> Applied => [.. _entries.Values.Select(static entry => entry.Applied)];

    /// <summary>Whether a resource is known, be it refused.</summary>
    public bool Has(string name) => _entries.ContainsKey(name);

    /// <summary>What a resource was compiled to.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out T? value)
    {
        value = _entries.TryGetValue(name, out (AppliedResource Applied, T? Value) entry) ? entry.Value : null;
        return value is not null;
    }

    /// <summary>Whether a resource comes from the bootstrap.</summary>
    public bool IsStatic(string name) => _entries.TryGetValue(name, out (AppliedResource Applied, T? Value) entry) && entry.Applied.IsStatic;

    /// <summary>A version is in force; units of it that were refused are still known.</summary>
    public void Accept(string name, string version, IMessage message, T value, bool isStatic)
    {
        AppliedError? error = EntryOf(name, isStatic).Applied.Error;
        _entries[name] = (
            new AppliedResource(name)
            {
                IsStatic = isStatic,
                Active = new AppliedVersion(version, message, time.GetUtcNow()),
                Error = error?.Version == version ? error : null,
            },
            value);
    }

    /// <summary>A version is good and waits; the one in force stays.</summary>
    public void Warm(string name, string version, IMessage message, bool isStatic)
    {
        (AppliedResource known, T? value) = EntryOf(name, isStatic);
        AppliedResource applied = known with
        {
            Warming = new AppliedVersion(version, message, time.GetUtcNow()),
            Error = null,
        };
        _entries[name] = (applied, value);
    }

    /// <summary>A version was refused, or units of it were; what is in force stays.</summary>
    public void Refuse(string name, string version, IMessage message, string details)
    {
        (AppliedResource known, T? value) = EntryOf(name, isStatic: false);
        AppliedResource applied = known with
        {
            Error = new AppliedError(version, message, details, time.GetUtcNow()),
        };
        _entries[name] = (applied, value);
    }

    /// <summary>The resource is gone; false when it was not there.</summary>
    public bool Remove(string name, out T? value)
    {
        bool wasThere = _entries.Remove(name, out (AppliedResource Applied, T? Value) entry);
        value = entry.Value;
        return wasThere;
    }

    private (AppliedResource Applied, T? Value) EntryOf(string name, bool isStatic) =>
        _entries.TryGetValue(name, out (AppliedResource Applied, T? Value) entry) ? entry : (new AppliedResource(name) { IsStatic = isStatic }, null);
}
