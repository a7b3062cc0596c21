namespace Tidegate.Pilot.Translation.Incremental;

/// <summary>The result of a step, together with what it was made from. The step runs again when one of its inputs is another instance.</summary>
/// <param name="within">The memories of parts that only this step uses; they are swept when it has run.</param>
internal sealed class Remembered<TResult>(params IMemo[] within)
    where TResult : class
{
    private object?[] _inputs = [];
    private TResult? _result;

    /// <summary>The result for these inputs.</summary>
    public TResult Get(object?[] inputs, Func<TResult> make)
    {
        if (_result is null || !new IdentityList(inputs).Equals(new IdentityList(_inputs)))
        {
            _result = make();
            _inputs = inputs;
            foreach (var memo in within)
            {
                memo.EndPass();
            }
        }
        return _result;
    }
}
