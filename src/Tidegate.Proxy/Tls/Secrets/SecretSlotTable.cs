namespace Tidegate.Proxy.Tls.Secrets;

/// <summary>The places of secrets by name. Not safe for several threads: it is used while configuration is applied.</summary>
internal sealed class SecretSlotTable
{
    private readonly Dictionary<string, SecretSlot> _slots = [];

    /// <summary>The names of all secrets that are there or were asked for.</summary>
    public IReadOnlyList<string> Names => [.. _slots.Keys];

    /// <summary>Nobody needs a place any more: who asks for it again gets another.</summary>
    public void Forget(string name) => _slots.Remove(name);

    /// <summary>The place of a secret; made when it is asked for the first time.</summary>
    public SecretSlot Of(string name)
    {
        if (!_slots.TryGetValue(name, out SecretSlot? slot))
        {
            slot = new SecretSlot(name);
            _slots.Add(name, slot);
        }

        return slot;
    }
}
