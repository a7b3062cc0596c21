namespace Tidegate.Proxy.Upstream.LoadBalancing;

/// <summary>
/// Takes positions in turn, each as often as its weight says (Envoy's EDF scheduler): one of weight w is due every 1/w. Weights may change from
/// turn to turn; a new one holds after the next turn of its position. A turn costs the logarithm of the number of positions.
/// </summary>
internal sealed class EarliestDeadlineFirst
{
    private readonly (double Due, int Position)[] _heap;

    /// <summary>Begins somewhere in the cycle, so that several workers do not all begin with the same one.</summary>
    /// <param name="weights">The weight of each position, above 0.</param>
    /// <param name="random">Draws where to begin.</param>
    public EarliestDeadlineFirst(ReadOnlySpan<double> weights, Random random)
    {
        _heap = new (double, int)[weights.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            _heap[i] = (random.NextDouble() / weights[i], i);
        }

        for (int i = (_heap.Length / 2) - 1; i >= 0; i--)
        {
            SiftDown(i);
        }
    }

    /// <summary>The position whose turn it is.</summary>
    public int Next => _heap[0].Position;

    /// <summary>It has had its turn.</summary>
    /// <param name="weight">The weight that it has now, above 0.</param>
    public void Advance(double weight)
    {
        _heap[0].Due += 1 / weight;
        SiftDown(0);
    }

    private void SiftDown(int index)
    {
        (double Due, int Position) moved = _heap[index];
        while (true)
        {
            int child = (2 * index) + 1;
            if (child >= _heap.Length)
            {
                break;
            }

            if (child + 1 < _heap.Length && _heap[child + 1].Due < _heap[child].Due)
            {
                child++;
            }

            if (_heap[child].Due >= moved.Due)
            {
                break;
            }

            _heap[index] = _heap[child];
            index = child;
        }

        _heap[index] = moved;
    }
}
