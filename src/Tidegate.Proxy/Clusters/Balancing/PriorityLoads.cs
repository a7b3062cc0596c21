namespace Tidegate.Proxy.Clusters.Balancing;

/// <summary>
/// What share of the requests each priority takes, in percent, and whether it is in panic (Envoy's arithmetic: "priority levels",
/// "degraded endpoints", "panic threshold"). A priority takes what its health allows, overprovisioned; what is left goes to the next; degraded
/// endpoints come after the healthy ones of all priorities. Immutable.
/// </summary>
public sealed class PriorityLoads
{
    private readonly int[] _healthyHealth = [];
    private readonly int[] _degradedHealth = [];
    private readonly int[] _healthy;
    private readonly int[] _degraded;
    private readonly bool[] _panic;

    /// <summary>Works it out.</summary>
    /// <param name="priorities">The endpoints by priority.</param>
    /// <param name="overprovisioningFactor">In percent.</param>
    /// <param name="panicThreshold">In percent; 0 never panics.</param>
    public PriorityLoads(IReadOnlyList<EndpointPriority> priorities, uint overprovisioningFactor, double panicThreshold)
    {
        int count = priorities.Count;
        _healthy = new int[count];
        _degraded = new int[count];
        _panic = new bool[count];
        if (count == 0)
        {
            return;
        }

        // 1. What each could take, at most 100 in sum.
        int[] healthyHealth = _healthyHealth = [.. priorities.Select(priority => HealthOf(priority.Healthy.Count, priority.All.Count, overprovisioningFactor))];
        int[] degradedHealth = _degradedHealth = [.. priorities.Select(priority => HealthOf(priority.Degraded.Count, priority.All.Count, overprovisioningFactor))];
        int total = Math.Min(100, healthyHealth.Sum() + degradedHealth.Sum());

        // 2. What each takes: scaled up when all together are short of 100.
        if (total > 0)
        {
            int left = Distribute(healthyHealth, total, _healthy, 100);
            left = Distribute(degradedHealth, total, _degraded, left);
            GiveRounding(left);
        }
        else
        {
            _healthy[0] = 100;
        }

        // 3. Panic, which never is while the priorities together can take all.
        if (total == 100 || panicThreshold == 0)
        {
            return;
        }

        for (int i = 0; i < count; i++)
        {
            _panic[i] = IsBelow(priorities[i], panicThreshold);
        }

        if (Array.TrueForAll(_panic, static isPanic => isPanic))
        {
            DistributeByCount(priorities);
        }
    }

    /// <summary>The share of a priority's healthy endpoints, in percent.</summary>
    public int HealthyShareOf(int priority) => _healthy[priority];

    /// <summary>The share of a priority's degraded endpoints, in percent.</summary>
    public int DegradedShareOf(int priority) => _degraded[priority];

    /// <summary>Whether a priority has so few healthy endpoints that all of them are taken for healthy.</summary>
    public bool IsInPanic(int priority) => _panic[priority];

    /// <summary>A priority by chance, or by the request's hash, so that the same hash gets the same priority.</summary>
    /// <param name="draw">A random number or a hash.</param>
    /// <param name="isDegraded">Whether its degraded endpoints are to be taken.</param>
    public int Choose(ulong draw, out bool isDegraded)
    {
        isDegraded = false;
        if (_healthy[0] == 100)
        {
            return 0;
        }

        int left = (int)(draw % 100);
        for (int i = 0; i < _healthy.Length; i++)
        {
            left -= _healthy[i];
            if (left < 0)
            {
                return i;
            }
        }

        isDegraded = true;
        for (int i = 0; i < _degraded.Length; i++)
        {
            left -= _degraded[i];
            if (left < 0)
            {
                return i;
            }
        }

        throw new InvalidOperationException("the shares of all priorities are 100 in sum");
    }

    /// <summary>Whether any priority but those passed over can take something.</summary>
    /// <param name="passedOver">A bit for each priority that is not to be chosen; those from the 64th on have none.</param>
    public bool CanTakeWithout(ulong passedOver) => AvailableWithout(passedOver) > 0;

    /// <summary>
    /// A priority among those that are not passed over, each with the share that it has without the others (Envoy:
    /// <c>envoy.retry_priorities.previous_priorities</c>); as <see cref="Choose(ulong, out bool)"/> when no other can take anything.
    /// </summary>
    /// <param name="draw">A random number or a hash.</param>
    /// <param name="passedOver">A bit for each priority that is not to be chosen.</param>
    /// <param name="isDegraded">Whether its degraded endpoints are to be taken.</param>
    public int Choose(ulong draw, ulong passedOver, out bool isDegraded)
    {
        int total = Math.Min(100, passedOver == 0 ? 0 : AvailableWithout(passedOver));
        if (total == 0)
        {
            return Choose(draw, out isDegraded);
        }

        int left = (int)(draw % 100);
        int remaining = 100;
        int last = -1;
        isDegraded = false;
        for (int i = 0; i < _healthyHealth.Length * 2; i++)
        {
            int priority = i % _healthyHealth.Length;
            int health = (i < _healthyHealth.Length ? _healthyHealth : _degradedHealth)[priority];
            if (health == 0 || IsIn(passedOver, priority))
            {
                continue;
            }

            int share = Math.Min(remaining, health * 100 / total);
            remaining -= share;
            left -= share;
            last = priority;
            isDegraded = i >= _healthyHealth.Length;
            if (left < 0)
            {
                break;
            }
        }

        // What rounding left over goes to the last one.
        return last;
    }

    private static bool IsIn(ulong mask, int priority) => priority < 64 && (mask >> priority & 1) != 0;

    private int AvailableWithout(ulong passedOver)
    {
        int available = 0;
        for (int i = 0; i < _healthyHealth.Length; i++)
        {
            available += IsIn(passedOver, i) ? 0 : _healthyHealth[i] + _degradedHealth[i];
        }

        return available;
    }

    private static int HealthOf(int usable, int all, uint overprovisioningFactor) =>
        all == 0 ? 0 : (int)Math.Min(100, (long)overprovisioningFactor * usable / all);

    private static int Distribute(int[] health, int total, int[] shares, int left)
    {
        for (int i = 0; i < health.Length; i++)
        {
            shares[i] = Math.Min(left, health[i] * 100 / total);
            left -= shares[i];
        }

        return left;
    }

    // What rounding left over goes to the first priority that takes anything.
    private void GiveRounding(int left)
    {
        int first = Array.FindIndex(_healthy, static share => share > 0);
        if (first >= 0)
        {
            _healthy[first] += left;
        }
        else
        {
            _degraded[Array.FindIndex(_degraded, static share => share > 0)] += left;
        }
    }

    private static bool IsBelow(EndpointPriority priority, double threshold)
    {
        int usable = priority.Healthy.Count + priority.Degraded.Count;
        return (priority.All.Count == 0 ? 0 : 100.0 * usable / priority.All.Count) < threshold;
    }

    // All are in panic: each takes what its number of endpoints says.
    private void DistributeByCount(IReadOnlyList<EndpointPriority> priorities)
    {
        int all = priorities.Sum(static priority => priority.All.Count);
        if (all == 0)
        {
            return;
        }

        Array.Clear(_degraded);
        int left = 100;
        for (int i = 0; i < _healthy.Length; i++)
        {
            _healthy[i] = 100 * priorities[i].All.Count / all;
            left -= _healthy[i];
        }

        _healthy[Array.FindIndex(_healthy, static share => share > 0)] += left;
    }
}
