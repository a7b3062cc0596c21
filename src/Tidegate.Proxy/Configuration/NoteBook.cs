using Tidegate.Xds;

namespace Tidegate.Proxy.Configuration;

/// <summary>What was said of resources that were taken, so that it is said once for as long as one of them has it. For control threads, one at a time.</summary>
internal sealed class NoteBook
{
    private readonly Dictionary<XdsName, IReadOnlyList<string>> _byResource = [];
    private readonly Dictionary<string, int> _counts = [];

    /// <summary>What is to be said of a resource is this now; gives what is said of none so far.</summary>
    public IReadOnlyList<string> Replace(XdsName resource, IEnumerable<string> notes)
    {
        string[] now = [.. notes.Distinct()];
        List<string> added = [];
        foreach (string note in now)
        {
            int count = _counts.GetValueOrDefault(note);
            _counts[note] = count + 1;
            if (count == 0)
            {
                added.Add(note);
            }
        }

        foreach (string note in _byResource.GetValueOrDefault(resource) ?? [])
        {
            if (--_counts[note] == 0)
            {
                _counts.Remove(note);
            }
        }

        if (now.Length == 0)
        {
            _byResource.Remove(resource);
        }
        else
        {
            _byResource[resource] = now;
        }

        return added;
    }
}
